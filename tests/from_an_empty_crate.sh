#!/usr/bin/env bash
# Follows the guide's chapter "Your own catalog" in an empty crate in a temporary directory.
#
# The files are the code blocks of the chapter. The line above each one consists of its path in backticks and a colon.
# They are built, tested and run, and compared with examples/widgets. Then an action is misspelled, which must not
# compile.
#
# Nothing is downloaded: the versions are those of this workspace's Cargo.lock, which `cargo fetch` downloads on a new
# machine.
set -euo pipefail
repository="$(cd "$(dirname "$0")/.." && pwd)"
example="$repository/examples/widgets"

# The build directory is shared with the tests of own catalogs, which have the same dependencies.
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$repository/target}/tmp/own-catalog-target"
export CARGO_TERM_COLOR=never

directory="$(mktemp -d)"
crate="$directory/widgets"
service_id=''
clean_up() {
    [ -z "$service_id" ] || kill "$service_id" 2>/dev/null || true
    if [ -f "$crate/Cargo.toml" ]; then
        (cd "$crate" && cargo clean --quiet --offline --package widgets) || true
    fi
    rm -rf "$directory"
}
trap clean_up EXIT

fail() {
    echo "from_an_empty_crate: $1" >&2
    exit 1
}

chapter() {
    cat "$repository/docs/guide/src/own-catalog.md"
}

# Prints the paths of the chapter's files, one on each line.
paths() {
    chapter | sed -n 's/^`\(.*\)`:$/\1/p'
}

# Prints the code block below the line that contains the path $1.
block() {
    chapter | awk -v name="\`$1\`:" '
        # It reads to the end, because writing to a closed pipe would fail.
        inside && /^```/ { found = inside = 0 }
        inside { print }
        found && !inside && /^```/ { inside = 1 }
        $0 == name { found = 1 }
    '
}

echo "the files of the chapter, in $crate"
cargo new --quiet --vcs none "$crate"
cd "$crate"
cp "$repository/Cargo.lock" .
while read -r path; do
    mkdir -p "$(dirname "$path")"
    if [ "$path" = Cargo.toml ]; then
        sed -i.old '/^\[dependencies\]$/d' Cargo.toml
        block "$path" | sed "s|\"\.\./pinpoint-iam/|\"$repository/|" >>Cargo.toml
    else
        block "$path" >"$path"
        [ -s "$path" ] || fail "the chapter has no code block for $path"
        diff -u "$path" "$example/$path" || fail "$path is not that of examples/widgets"
    fi
done < <(paths)
for file in Cargo.toml build.rs catalog policies src; do
    [ -e "$file" ] || fail "the chapter has nothing for $file"
done
for file in "$example"/build.rs "$example"/{catalog,policies,src}/*; do
    [ -e "${file#"$example/"}" ] || fail "the chapter does not have $file"
done

echo 'its documents and tests'
UPDATE_DOCS=1 cargo test --quiet --offline
diff -ur docs "$example/docs" || fail 'the documents are not those of examples/widgets'
cargo test --quiet --offline

echo 'a misspelled action'
sed -i.right 's/^#\[requires(GetWidget)\]$/#[requires(GetWidgit)]/' src/api.rs
if cargo check --quiet --offline 2>errors; then
    fail 'a misspelled action compiles'
fi
for line in 'unknown action `GetWidgit`' 'help: did you mean `GetWidget`?'; do
    grep -qF "$line" errors || fail "the error does not say: $line"
    chapter | grep -F "$line" >/dev/null || fail "the chapter does not say: $line"
done
mv src/api.rs.right src/api.rs

echo 'the service'
cargo build --quiet --offline
coproc service { exec "$CARGO_TARGET_DIR/debug/widgets" 0; }
service_id="$service_PID"
read -r first <&"${service[0]}" || fail 'the service does not start'
address="${first#listening on http://}"
status_of() {
    exec {socket}<>"/dev/tcp/${address%:*}/${address##*:}"
    printf '%s\r\n' "$1 /shops/s1/widgets/anvil HTTP/1.1" 'Host: test' 'Connection: close' \
        "Authorization: Bearer $2" '' >&"$socket"
    read -r _ status _ <&"$socket"
    exec {socket}>&-
    echo "$status"
}
[ "$(status_of GET demo-ben)" = 200 ] || fail 'a reader cannot read'
[ "$(status_of DELETE demo-ben)" = 403 ] || fail 'a reader can remove'
[ "$(status_of GET nobody)" = 401 ] || fail 'nobody is somebody'
echo 'done'
