// Calls the playground's functions in a worker.

/** The program has failed: there is no result, and its state is lost. */
export class Failure extends Error {}

export class Calls {
  #worker = null;
  #pending = new Map();
  #count = 0;

  /** Returns the result. Rejects with an error whose message is about the input, or with a `Failure`. */
  call(name, input) {
    return new Promise((resolve, reject) => {
      const id = ++this.#count;
      this.#pending.set(id, { resolve, reject });
      this.#running().postMessage({ id, name, input: JSON.stringify(input) });
    });
  }

  #running() {
    if (this.#worker) return this.#worker;
    const worker = new Worker(new URL("worker.js", document.baseURI));
    worker.addEventListener("message", ({ data }) => {
      if (worker === this.#worker) this.#answer(data);
    });
    worker.addEventListener("error", (event) => {
      event.preventDefault();
      if (worker === this.#worker) this.#fail(event.message || "the worker did not start");
    });
    this.#worker = worker;
    return worker;
  }

  #answer({ id, output, failure }) {
    if (failure !== undefined) {
      this.#fail(failure);
      return;
    }
    const { resolve, reject } = this.#pending.get(id);
    this.#pending.delete(id);
    const result = JSON.parse(output);
    if (result.error === undefined) resolve(result.ok);
    else reject(new Error(result.error));
  }

  /** After a panic, nothing of the worker is used again. */
  #fail(reason) {
    this.#worker.terminate();
    this.#worker = null;
    const pending = Array.from(this.#pending.values());
    this.#pending.clear();
    for (const { reject } of pending) reject(new Failure(`the playground failed: ${reason}`));
  }
}

/**
 * Returns a function that asks with the newest input, once at a time. Results for older inputs are not shown.
 *
 * `show` gets the result, or the error as the second argument.
 */
export function latest(ask, show) {
  let newest = 0;
  let isBusy = false;
  let waiting = null;
  async function run(number, input) {
    isBusy = true;
    let result, error;
    try {
      result = await ask(input);
    } catch (reason) {
      error = reason;
    }
    isBusy = false;
    if (number === newest) show(result, error, input);
    if (waiting) {
      const next = waiting;
      waiting = null;
      run(next.number, next.input);
    }
  }
  return (input) => {
    newest += 1;
    if (isBusy) waiting = { number: newest, input };
    else run(newest, input);
  };
}
