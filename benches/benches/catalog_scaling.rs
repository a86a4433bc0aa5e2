//! Measures compile time and memory as catalogs grow: `cargo bench --bench catalog_scaling`.
//!
//! Generates crates with 1, 10 and 100 services and 10,000 actions each in total. Each crate is checked in several
//! forms, and the processor time of all compiler processes is compared. Then a program evaluates one action of each
//! service and reports how much memory that took.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use pinpoint_iam_benches::Failure;
use pinpoint_iam_benches::measure::process::children_time;
use pinpoint_iam_benches::measure::{Watch, median};
use pinpoint_iam_benches::report::{Table, figure, publish};
use serde_json::{Value, json};

const ACTIONS: usize = 10_000;
const SERVICES: [usize; 3] = [100, 10, 1];
const POLICIES: usize = 20;
const ATTRIBUTES: usize = 100;

/// How the generated crate uses its catalogs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// It has no catalogs.
    Without,
    /// It has catalogs but includes no module.
    Unused,
    /// It includes the module of one service.
    OneModule,
    /// It includes all modules.
    AllModules,
    /// It includes no module and checks one policy.
    OnePolicy,
    /// It includes no module and checks more policies.
    MorePolicies,
    /// It includes the module of one service and uses one of its actions in one attribute.
    OneAttribute,
    /// It includes the module of one service and uses its actions in several attributes.
    MoreAttributes,
}

impl Form {
    /// How often the form is checked. Forms that compile whole modules run once: they take long, and their time varies
    /// little.
    const fn rounds(self) -> usize {
        match self {
            Self::Without | Self::Unused | Self::OnePolicy | Self::MorePolicies => 3,
            Self::OneModule | Self::AllModules | Self::OneAttribute | Self::MoreAttributes => 1,
        }
    }
}

fn main() -> Result<(), Failure> {
    let watch = Watch::start()?;
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("growth");
    println!("{ACTIONS} actions; processor time of `cargo check` of the crate alone, in seconds");
    let chosen: Vec<usize> = std::env::args()
        .filter_map(|text| text.parse().ok())
        .collect();
    let columns = [
        "services",
        "catalogs, MB",
        "generated, MB",
        "build script",
        "no catalogs",
        "unused",
        "one module",
        "all modules",
        "first policy",
        "each further policy, ms",
        "first attribute",
        "each further attribute, ms",
        "memory, MB",
    ];
    let mut results: Vec<Value> = Vec::new();
    let wanted = |services: &usize| chosen.is_empty() || chosen.contains(services);
    for services in SERVICES.into_iter().filter(wanted) {
        let scale = Scale::generate(&folder, services)?;
        let script = scale.build_script()?;
        let without = scale.check(Form::Without)?;
        let unused = scale.check(Form::Unused)?;
        let one_module = scale.check(Form::OneModule)?;
        let all_modules = scale.check(Form::AllModules)?;
        let one_policy = scale.check(Form::OnePolicy)?;
        let more_policies = scale.check(Form::MorePolicies)?;
        let one_attribute = scale.check(Form::OneAttribute)?;
        let more_attributes = scale.check(Form::MoreAttributes)?;
        let further_attribute = (more_attributes - one_attribute) * 1e3 / (ATTRIBUTES - 1) as f64;
        let further = (more_policies - one_policy) * 1e3 / (POLICIES - 1) as f64;
        let generated = scale.generated_bytes()?;
        let memory = scale.memory()?;
        let megabytes = |bytes: u64| figure(bytes as f64 / 1e6);
        // Print one table per service count, because the largest service takes minutes.
        let mut table = Table::new(columns);
        table.row([
            services.to_string(),
            megabytes(scale.catalog_bytes),
            megabytes(generated),
            figure(script),
            figure(without),
            figure(unused),
            figure(one_module),
            figure(all_modules),
            figure(one_policy - unused),
            figure(further),
            figure(one_attribute - one_module),
            figure(further_attribute),
            megabytes(memory),
        ]);
        table.print();
        results.push(json!({
            "services": services,
            "actions": ACTIONS,
            "catalog_bytes": scale.catalog_bytes,
            "generated_bytes": generated,
            "build_script_seconds": script,
            "no_catalogs_seconds": without,
            "unused_seconds": unused,
            "one_module_seconds": one_module,
            "all_modules_seconds": all_modules,
            "first_policy_seconds": one_policy - unused,
            "further_policy_milliseconds": further,
            "first_attribute_seconds": one_attribute - one_module,
            "further_attribute_milliseconds": further_attribute,
            "memory_bytes": memory,
        }));
    }
    publish(watch, "catalog_scaling", &Value::Array(results))
}

/// One generated crate.
struct Scale {
    path: PathBuf,
    target: PathBuf,
    services: usize,
    catalog_bytes: u64,
}

impl Scale {
    fn generate(folder: &Path, services: usize) -> Result<Self, Failure> {
        let path = folder.join(format!("services-{services}"));
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        fs::create_dir_all(path.join("src"))?;
        fs::create_dir_all(path.join("catalog"))?;
        let repository = repository.display();
        fs::write(
            path.join("Cargo.toml"),
            format!(
                "[package]\nname = \"growth-{services}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n\
                 [dependencies]\npinpoint-iam = {{ path = \"{repository}/pinpoint-iam\", default-features = false, \
                 features = [\"include-policy\"] }}\n\n\
                 [build-dependencies]\npinpoint-iam-catalog = {{ path = \"{repository}/catalog\" }}\n"
            ),
        )?;
        fs::write(
            path.join("build.rs"),
            "fn main() -> std::process::ExitCode {\n    pinpoint_iam_catalog::build()\n}\n",
        )?;
        fs::write(path.join("src/policy.json"), POLICY)?;
        fs::copy(
            Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock"),
            path.join("Cargo.lock"),
        )?;
        let mut catalog_bytes = 0;
        for service in 0..services {
            let text = catalog(service, ACTIONS / services)?;
            catalog_bytes += text.len() as u64;
            fs::write(path.join(format!("catalog/service{service}.toml")), text)?;
        }
        Ok(Self {
            path,
            target: folder.join("target"),
            services,
            catalog_bytes,
        })
    }

    /// Returns the processor time, in seconds, of checking the crate in one form.
    fn check(&self, form: Form) -> Result<f64, Failure> {
        let mut seconds = Vec::new();
        // The first check of these forms is not counted: it also builds a build script that has changed and, the first
        // time, the dependencies.
        if matches!(form, Form::Without | Form::Unused) {
            self.check_once(form, 0)?;
        }
        for round in 1..=form.rounds() {
            seconds.push(self.check_once(form, round)?);
        }
        Ok(median(&seconds))
    }

    fn check_once(&self, form: Form, round: usize) -> Result<f64, Failure> {
        fs::write(self.path.join("src/lib.rs"), self.source(form, round)?)?;
        self.cargo(&["check", "--quiet"], form)
    }

    /// Returns the processor time of the build script in seconds. The script is built without optimization.
    fn build_script(&self) -> Result<f64, Failure> {
        let unused = self.check(Form::Unused)?;
        let mut seconds = Vec::new();
        let file = self.path.join("catalog/service0.toml");
        for round in 0..Form::Unused.rounds() {
            let text = fs::read_to_string(&file)?;
            let kept = text.split("\n# round").next().unwrap_or_default();
            fs::write(&file, format!("{kept}\n# round {round}\n"))?;
            seconds.push(self.cargo(&["check", "--quiet"], Form::Unused)? - unused);
        }
        Ok(median(&seconds))
    }

    fn cargo(&self, arguments: &[&str], form: Form) -> Result<f64, Failure> {
        let before = children_time()?;
        let mut command = Command::new(env!("CARGO"));
        // A crate without catalogs would not have a build script. Cargo is given an empty one instead.
        let script = self.path.join("build.rs");
        let aside = self.path.join("catalog");
        let hidden = self.path.join("catalog-aside");
        let hides = form == Form::Without;
        if hides {
            fs::rename(&aside, &hidden)?;
            fs::write(&script, "fn main() {}\n")?;
        }
        let output = command
            .args(arguments)
            .args(["--offline", "--manifest-path"])
            .arg(self.path.join("Cargo.toml"))
            .env("CARGO_TARGET_DIR", &self.target)
            .env("CARGO_INCREMENTAL", "0")
            .output();
        if hides {
            fs::rename(&hidden, &aside)?;
            let text =
                "fn main() -> std::process::ExitCode {\n    pinpoint_iam_catalog::build()\n}\n";
            fs::write(&script, text)?;
        }
        let output = output?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
        }
        Ok((children_time()? - before).as_secs_f64())
    }

    fn source(&self, form: Form, round: usize) -> Result<String, std::fmt::Error> {
        let mut text = format!(
            "//! Generated, round {round}.\n\n/// The scope.\npub use pinpoint_iam::Scope;\n\n"
        );
        let modules = match form {
            Form::OneModule | Form::OneAttribute | Form::MoreAttributes => 1,
            Form::AllModules => self.services,
            _ => 0,
        };
        for service in 0..modules {
            writeln!(
                text,
                "pub mod service{service} {{\n    //! Generated.\n    pinpoint_iam::include_catalog!(\"service{service}\");\n}}\n"
            )?;
        }
        let policies = match form {
            Form::OnePolicy => 1,
            Form::MorePolicies => POLICIES,
            _ => 0,
        };
        for policy in 0..policies {
            writeln!(
                text,
                "/// A policy.\npub fn policy_{policy}() -> pinpoint_iam::policy::Document {{\n    \
                 pinpoint_iam::include_policy!(\"policy.json\")\n}}\n"
            )?;
        }
        let attributes = match form {
            Form::OneAttribute => 1,
            Form::MoreAttributes => ATTRIBUTES,
            _ => 0,
        };
        for attribute in 0..attributes {
            writeln!(
                text,
                "/// Does it.\n#[pinpoint_iam::requires(service0::Do{attribute}, guard = guard)]\n\
                 pub fn do_{attribute}(guard: &pinpoint_iam::Guard<'_>, thing_id: &str) -> Result<(), pinpoint_iam::Denied> {{\n    \
                 Ok(())\n}}\n"
            )?;
        }
        Ok(text)
    }

    /// Returns the total size of the code that the build script generated for the crate.
    fn generated_bytes(&self) -> Result<u64, Failure> {
        // Builds against other versions of the dependencies have left output directories of their own.
        let mut newest = None;
        for entry in fs::read_dir(self.target.join("debug/build"))? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let modules = entry.path().join("out/pinpoint-iam");
            if name.starts_with(&format!("growth-{}-", self.services)) && modules.is_dir() {
                newest = newest.max(Some((modules.metadata()?.modified()?, modules)));
            }
        }
        let (_, modules) = newest.ok_or("the build script has not generated any code")?;
        let mut bytes = 0;
        for module in fs::read_dir(modules)? {
            let module = module?;
            if module.path().extension().is_some_and(|end| end == "rs") {
                bytes += module.metadata()?.len();
            }
        }
        Ok(bytes)
    }

    /// Returns the memory, in bytes, of an authorizer that has evaluated one action of each service.
    fn memory(&self) -> Result<u64, Failure> {
        fs::write(
            self.path.join("src/lib.rs"),
            self.source(Form::AllModules, 0)?,
        )?;
        let mut asked = String::new();
        for service in 0..self.services {
            writeln!(
                asked,
                "    let guard = authorizer.guard(&ana, &context);\n    \
                 assert!(guard.check(growth_{}::service{service}::Do0, &growth_{}::service{service}::Thing::new(\"t1\").unwrap()).is_ok());",
                self.services, self.services
            )?;
        }
        fs::create_dir_all(self.path.join("src/bin"))?;
        fs::write(
            self.path.join("src/bin/ask.rs"),
            PROGRAM.replace("ASKED", &asked),
        )?;
        self.cargo(&["build", "--quiet", "--bin", "ask"], Form::AllModules)?;
        let output = Command::new(self.target.join("debug/ask")).output();
        // The checks of the library must not include the program.
        fs::remove_dir_all(self.path.join("src/bin"))?;
        let output = output?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
        }
        Ok(String::from_utf8(output.stdout)?.trim().parse()?)
    }
}

const POLICY: &str = r#"{
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Action": ["service0:Do1", "service0:Do2*"],
        "Resource": "arn:aws:service0:*:*:things/*"
    }
}
"#;

const PROGRAM: &str = r###"//! Generated.

use pinpoint_iam::context::Context;
use pinpoint_iam::policy::Document;
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam::{Authorizer, Policy, Principal, Scope};

fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

fn main() {
    let user = "arn:aws:iam::123456789012:user/ana";
    let document = Document::parse(
        r##"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}"##,
    );
    let mut store = PolicyStore::new();
    store.identity(user).unwrap().attach(Policy::new("all", document.unwrap()));
    let before = resident_bytes();
    let scope = Scope::new("aws", "us-east-1", "123456789012");
    let authorizer = Authorizer::builder().scope(scope).source(store).build().unwrap();
    let (ana, context) = (Principal::from_arn(user).unwrap(), Context::new());
ASKED
    println!("{}", resident_bytes() - before);
}
"###;

fn catalog(service: usize, actions: usize) -> Result<String, std::fmt::Error> {
    let mut text = format!(
        "format = 1\n\n[service]\nprefix = \"service{service}\"\nname = \"Service {service}\"\n\n\
         [placeholders.ThingId]\nparameter = \"thing-id\"\nsummary = \"the thing's id\"\n\n\
         [resources.thing]\narn = \"arn:${{Partition}}:service{service}:${{Region}}:${{Account}}:things/${{ThingId}}\"\n\
         summary = \"One thing.\"\n"
    );
    for action in 0..actions {
        writeln!(
            text,
            "\n[actions.Do{action}]\nsummary = \"Does the thing number {action}, as its name says.\"\naccess-level = \"Write\"\n\
             resources = [\"thing\"]\nroute = \"POST /things/{{thing-id}}/do-{action}\"\nsuccess-status = 200"
        )?;
    }
    Ok(text)
}
