//! The configuration as a user meets it: real files, the real binary, and what wins over what.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A home of its own, with a configuration in it.
struct Home {
    folder: tempfile::TempDir,
}

struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Home {
    fn with(config: &str) -> Home {
        let home = Home { folder: tempfile::tempdir().unwrap() };
        home.write(".config/imtop/config.toml", config);
        home
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file that nobody else can read.
    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        path
    }

    /// What imtop says; this folder is called HOME in it.
    fn says(&self, variables: &[(&str, &str)], args: &[&str]) -> Said {
        let output = Command::new(env!("CARGO_BIN_EXE_imtop"))
            .args(args)
            .env_clear()
            .env("HOME", self.path())
            .envs(variables.iter().copied())
            .current_dir(self.path())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap().replace(self.path().to_str().unwrap(), "HOME");
        Said { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    fn printed(&self, variables: &[(&str, &str)], args: &[&str]) -> String {
        let args: Vec<&str> = ["config", "print"].iter().chain(args).copied().collect();
        let said = self.says(variables, &args);
        assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{args:?}");
        said.out
    }

    /// The line of `config print` about a setting.
    fn line(&self, name: &str, variables: &[(&str, &str)], args: &[&str]) -> String {
        let out = self.printed(variables, args);
        let about = |line: &&str| {
            let words = line.trim_start_matches("# ");
            words.split_once([' ', '=']).is_some_and(|(first, _)| first == name)
        };
        out.lines().find(about).unwrap_or_else(|| panic!("no {name}:\n{out}")).to_owned()
    }
}

/// What is wrong with a configuration, without the name of its file.
fn wrong(config: &str) -> String {
    let said = Home::with(config).says(&[], &["config", "check"]);
    assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{config}: {}", said.err);
    said.err.trim_start_matches("imtop: ").trim_end().replace("HOME/.config/imtop/config.toml:", "")
}

const TWO: &str = r#"
context = "eu"
interval = "3s"
theme = "light"
sort = "since"

[contexts.eu]
api = "https://im-eu.example:10002"
production = true
token-file = "eu.token"
client-cert = "eu.pem"
client-key = "eu.key"
insecure = true
interval = "5s"
users = ["kiosk_1"]

[contexts.us]
api = "https://im-us.example:10002"
token-command = "pass show hunter2hunter2"
proxy = "http://me:hunter2hunter2@proxy:3128"
group-id = "3842067123"
labels = "server"
"#;

/// A setting, variables, arguments, and the line that says what comes of them.
type Row<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a [&'a str], &'a str);

#[test]
fn each_voice_outranks_the_ones_below_it() {
    let home = Home::with(TWO);
    let file = "HOME/.config/imtop/config.toml";
    let env = [("IMTOP_INTERVAL", "4s"), ("IMTOP_THEME", "mono")];
    let table: &[Row<'_>] = &[
        ("interval", &env, &["--interval", "6s"], "interval = \"6s\"  # flag"),
        ("interval", &env, &[], "interval = \"4s\"  # environment IMTOP_INTERVAL"),
        ("interval", &[], &[], "interval = \"5s\"  # context eu, FILE:14"),
        // An explicit context outranks the environment, where it says anything.
        ("interval", &env, &["--context", "eu"], "interval = \"5s\"  # context eu, FILE:14"),
        ("interval", &env, &["--context", "us"], "interval = \"4s\"  # environment IMTOP_INTERVAL"),
        ("interval", &[], &["--context", "us"], "interval = \"3s\"  # FILE:3"),
        ("interval", &[("IMTOP_CONTEXT", "us")], &[], "interval = \"3s\"  # FILE:3"),
        ("theme", &env, &["--context", "eu"], "theme = \"mono\"  # environment IMTOP_THEME"),
        ("theme", &[], &[], "theme = \"light\"  # FILE:4"),
        ("batch", &[], &[], "batch = 500  # default"),
        ("columns", &[], &[], "# columns is not set"),
        ("columns", &[], &["--columns", "user,since"], "columns = [\"user\", \"since\"]  # flag"),
        ("mask", &[("IMTOP_MASK", "1")], &[], "mask = true  # environment IMTOP_MASK"),
        ("mask", &[("IMTOP_MASK", "")], &[], "mask = false  # default"),
        ("check-secrets", &[], &["--check-secrets"], "check-secrets = true  # flag"),
        ("check-secrets", &[], &["--check-secrets=known"], "check-secrets = \"known\"  # flag"),
        (
            "check-secrets",
            &[("IMTOP_CHECK_SECRETS", "0")],
            &[],
            "check-secrets = false  # environment IMTOP_CHECK_SECRETS",
        ),
        ("context", &[], &[], "context = \"eu\"  # FILE:2"),
        ("context", &[("IMTOP_CONTEXT", "us")], &[], "context = \"us\"  # environment IMTOP_CONTEXT"),
        ("context", &[("IMTOP_CONTEXT", "us")], &["--context", "eu"], "context = \"eu\"  # flag"),
        ("token-file", &[], &[], "token-file = \"HOME/.config/imtop/eu.token\"  # context eu, FILE:10"),
        ("token-file", &[], &["--token-file", "t"], "token-file = \"t\"  # flag"),
        // The environment's credentials outrank even an explicit context's.
        (
            "credentials",
            &[("IMTOP_TOKEN", "hunter2hunter2")],
            &["--context", "eu"],
            "# credentials are set, and not shown  # environment IMTOP_TOKEN",
        ),
        (
            "token-command",
            &[],
            &["--context", "us"],
            "# token-command is set, and not shown  # context us, FILE:19",
        ),
        ("users", &[], &[], "users = [\"kiosk_1\"]  # context eu, FILE:15"),
        ("users", &[], &["a", "b"], "users = [\"a\", \"b\"]  # flag"),
        // Who names anybody says all of whom to watch.
        ("users", &[], &["--all"], "# users is not set"),
        ("users", &[("IMTOP_WATCH", "list.csv")], &[], "# users is not set"),
        (
            "users",
            &[("IMTOP_WATCH", "list.csv")],
            &["--context", "eu"],
            "users = [\"kiosk_1\"]  # context eu, FILE:15",
        ),
        ("group-id", &[], &["--context", "us"], "group-id = \"3842067123\"  # context us, FILE:21"),
        ("group-id", &[], &["--context", "us", "a"], "# group-id is not set"),
        ("labels", &[], &["--context", "us", "a"], "labels = \"server\"  # context us, FILE:22"),
    ];
    for (name, variables, args, expected) in table {
        let line = home.line(name, variables, args);
        assert_eq!(line.replace(file, "FILE"), *expected, "{name} {variables:?} {args:?}");
    }
}

#[test]
fn credentials_stay_with_the_server_that_they_are_for() {
    let home = Home::with(TWO);
    let elsewhere = ["--api", "https://im-eu.example:10003"];
    let out = home.printed(&[], &elsewhere);
    for word in
        ["# client-cert is not set", "# client-key is not set", "production = false", "insecure = false"]
    {
        assert!(out.contains(word), "no {word}:\n{out}");
    }
    let why = "those of the context eu are for its own server, and --api names another one";
    assert!(out.contains("# no credentials: an admin token is needed") && out.contains(why), "{out}");
    let said = home.says(&[], &["--api", "https://im-eu.example:10003", "u"]);
    assert_eq!(said.code, Some(2));
    assert!(said.err.trim_end().ends_with(why), "{}", said.err);
    let said = home.says(&[("IMTOP_API", "https://other.example")], &["u"]);
    assert!(said.err.trim_end().ends_with("and IMTOP_API names another one"), "{}", said.err);

    // The same origin in other words, and another path, is the same server.
    let same = home.printed(&[], &["--api", "https://IM-EU.example:10002/api"]);
    assert!(
        same.contains("eu.token") && same.contains("eu.pem") && same.contains("production = true"),
        "{same}"
    );
    // Who brings credentials along means it.
    let meant = home.printed(&[], &["--api", "https://localhost:1", "--token-file", "t"]);
    assert!(meant.contains("token-file = \"t\"  # flag") && meant.contains("production = true"), "{meant}");
    assert!(!meant.contains("eu.token"), "{meant}");
    // Variables are nobody's context.
    let variable = home.printed(&[("IMTOP_TOKEN", "hunter2hunter2")], &elsewhere);
    assert!(
        variable.contains("environment IMTOP_TOKEN") && variable.contains("production = false"),
        "{variable}"
    );
    // An explicit context says where its server is.
    let explicit = home.printed(&[("IMTOP_API", "https://other.example")], &["--context", "eu"]);
    assert!(
        explicit.contains("api = \"https://im-eu.example:10002\"") && explicit.contains("eu.token"),
        "{explicit}"
    );
}

#[test]
fn what_is_printed_is_toml_without_a_secret() {
    let home = Home::with(TWO);
    for context in ["eu", "us"] {
        let out = home.printed(&[("IMTOP_TOKEN_COMMAND", "echo hunter2hunter2")], &["--context", context]);
        assert!(!out.contains("hunter2"), "{out}");
        let table: toml::Table = toml::from_str(&out).unwrap();
        assert_eq!(table["context"].as_str(), Some(context));
        assert!(table["contexts"][context]["api"].as_str().is_some());
        let proxy = out.contains("# proxy is set, and not shown  # context us");
        assert_eq!(proxy, context == "us", "{out}");
    }
}

#[test]
fn a_mistake_is_said_with_its_place_and_what_was_meant() {
    for (config, expected) in [
        ("intervall = \"2s\"", "1:1: no setting \"intervall\"; did you mean interval?"),
        ("a_b = 1", "1:1: no setting \"a_b\"; `imtop config template` prints all that there are"),
        (
            "\n  theme = \"drak\"",
            "2:11: theme is \"drak\"; expected dark, light, colour-blind, colour-blind-light or mono; did you mean dark?",
        ),
        ("interval = \"fast\"", "1:12: interval is \"fast\"; expected a time such as 2s, 500ms or 1m"),
        ("interval = 2", "1:12: interval is a number; expected a text in quotes"),
        ("batch = 0", "1:9: batch is 0; expected a number from 1 to 10000"),
        ("batch = \"5\"", "1:9: batch is a text; expected a number from 1 to 10000"),
        ("policy = 2", "1:10: policy is 2; expected 0, 1, 4 or 5"),
        ("utc = \"yes\"", "1:7: utc is a text; expected true or false"),
        ("ambiguous-width = 3", "1:19: ambiguous-width is 3; expected 1 or 2"),
        ("columns = \"user\"", "1:11: columns is a text; expected a list such as [\"a\", \"b\"]"),
        (
            "color = \"allways\"",
            "1:9: color is \"allways\"; expected auto, always or never; did you mean always?",
        ),
        (
            "filter = \"王小明 and platfrom=web\"",
            "1:10: filter: no field \"platfrom\"; did you mean platform?\n  王小明 and platfrom=web\n             ^^^^^^^^",
        ),
        ("api = \"http://x\"", "1:1: api is about one server; expected it below [contexts.NAME]"),
        (
            "token = \"hunter2hunter2\"",
            "1:1: token does not belong into this file, which others may read; expected token-file, token-command or secret-file below [contexts.NAME]",
        ),
        ("token = hunter2hunter2", "1:9: string values must be quoted, expected literal string"),
        (
            "context = \"ue\"\n[contexts.eu]\napi = \"http://x\"",
            "1:11: no context \"ue\"; expected eu; did you mean eu?",
        ),
        ("context = \"eu\"", "1:11: no context \"eu\"; expected a section [contexts.NAME]"),
        (
            "[contexts.eu]",
            "1:11: the context eu names no server; expected api = \"http://...\" or \"https://...\"",
        ),
        (
            "[contexts.eu]\napi = \"http://x\"\ntoken-file = \"a\"\ntoken-command = \"b\"",
            "1:11: the context eu has token-file and token-command; expected one of them\n3:1: token-file: HOME/.config/imtop/a: no such file; check the name of the file",
        ),
        (
            "[contexts.eu]\napi = \"http://x\"\nclient-key = \"a\"",
            "1:11: the context eu has client-key; expected client-cert beside it",
        ),
        (
            "[contexts.eu]\napi = \"http://me:hunter2hunter2@x\"",
            "2:7: api: the API's address holds a user name or a password, which OpenIM does not take; leave it out",
        ),
        ("[keys]\npaus = [\"p\"]", "2:1: there is no action `paus`; is `pause` meant?"),
        (
            "[keys]\npause = \"p\"",
            "2:9: pause is a text; expected a list of keys such as [\"x\", \"g g\", \"Ctrl-x\"]",
        ),
        ("[keys]\n  pause = [\"q\"]", "2:3: q can't be `pause`: it is `close` by default"),
    ] {
        let found = wrong(config);
        assert_eq!(found, expected, "{config}");
        assert!(!found.contains("hunter2"), "{found}");
    }
}

#[test]
fn a_check_says_all_mistakes_and_the_live_view_the_first() {
    let config = "intervall = 1\ntheme = \"drak\"\n[contexts.eu]\ntokn-file = \"x\"\n";
    assert_eq!(wrong(config).lines().count(), 4, "{}", wrong(config));
    let said = Home::with(config).says(&[("IMTOP_TOKEN", "aaaaaaaaaa")], &["u"]);
    assert_eq!((said.code, said.out.as_str()), (Some(2), ""));
    assert_eq!(
        said.err,
        "imtop: HOME/.config/imtop/config.toml:1:1: no setting \"intervall\"; did you mean interval?\n3 more; `imtop \
         config check` says all\n"
    );
    let demo = Home::with(config).says(&[], &["demo"]);
    assert_eq!((demo.code, demo.out.as_str()), (Some(2), ""), "{}", demo.err);
}

#[test]
fn a_check_looks_at_the_files_that_contexts_name() {
    let config = "[contexts.eu]\napi = \"http://x\"\ntoken-file = \"token\"\nwatch = \"list.csv\"\n";
    let home = Home::with(config);
    let check = || {
        let said = home.says(&[], &["config", "check"]);
        (
            said.code,
            said.err.replace("HOME/.config/imtop/", "") + &said.out.replace("HOME/.config/imtop/", ""),
        )
    };
    let (code, missing) = check();
    assert_eq!(code, Some(2));
    assert!(missing.contains("config.toml:3:1: token-file: token: no such file"), "{missing}");
    assert!(missing.contains("config.toml:4:1: watch: cannot read the watch list list.csv"), "{missing}");
    let token = home.write(".config/imtop/token", "aaaaaaaaaa");
    home.write(".config/imtop/list.csv", "user_001\n");
    assert_eq!(check(), (Some(0), "ok: config.toml, 1 context\n".to_owned()));
    std::fs::set_permissions(&token, std::fs::Permissions::from_mode(0o644)).unwrap();
    let exposed =
        "imtop: config.toml:3:1: token-file: token: other users can read or change it; run chmod 600 on it\n";
    assert_eq!(check(), (Some(2), exposed.to_owned()));
    let tls = Home::with("[contexts.eu]\napi = \"http://x\"\ntoken-command = \"t\"\ninsecure = true\n");
    let said = tls.says(&[], &["config", "check"]);
    assert!(said.err.contains("config.toml:1:11: the context eu: --insecure is about TLS"), "{}", said.err);
}

#[test]
fn the_file_is_where_the_user_or_the_system_says() {
    let home = Home::with("");
    home.write("elsewhere/imtop/config.toml", "");
    let xdg = home.path().join("elsewhere");
    let xdg = [("XDG_CONFIG_HOME", xdg.to_str().unwrap())];
    let path = |variables: &[(&str, &str)], args: &[&str]| {
        let args: Vec<&str> = ["config", "path"].iter().chain(args).copied().collect();
        home.says(variables, &args).out
    };
    assert_eq!(path(&[], &[]), "HOME/.config/imtop/config.toml\n");
    assert_eq!(path(&xdg, &[]), "HOME/elsewhere/imtop/config.toml\n");
    assert_eq!(path(&[("XDG_CONFIG_HOME", "relative")], &[]), "HOME/.config/imtop/config.toml\n");
    assert_eq!(path(&[("IMTOP_CONFIG", "mine.toml")], &[]), "mine.toml\n");
    assert_eq!(path(&[("IMTOP_CONFIG", "mine.toml")], &["--config", "that.toml"]), "that.toml\n");
    let nowhere = home.says(&[("HOME", "")], &["config", "path"]);
    assert_eq!(nowhere.code, Some(2));
    assert!(nowhere.err.contains("neither XDG_CONFIG_HOME nor HOME is set"), "{}", nowhere.err);

    let named = home.says(&[], &["--config", "gone.toml", "u"]);
    assert_eq!(named.code, Some(2));
    assert!(named.err.contains("cannot read the configuration gone.toml: No such file"), "{}", named.err);
    let missing = home.says(&[("XDG_CONFIG_HOME", "/nonexistent")], &["config", "check"]);
    assert_eq!(
        missing.out,
        "ok: there is no file /nonexistent/imtop/config.toml, so all settings are as usual\n"
    );
}

#[test]
fn the_template_is_a_configuration_before_and_after_its_lines_are_set() {
    let home = Home::with("");
    let template = home.says(&[], &["config", "template"]).out;
    home.write("commented.toml", &template);
    let check = home.says(&[], &["config", "check", "--config", "commented.toml"]);
    assert_eq!(check.out, "ok: commented.toml, 0 contexts\n", "{}", check.err);
    let set: String = template
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(rest) if !rest.starts_with(' ') => format!("{rest}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    home.write("set.toml", &set);
    let said = home.says(&[], &["config", "print", "--config", "set.toml"]);
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
    // Every setting is in it, and the default that it shows is the default.
    let before = home.printed(&[], &[]);
    for line in before.lines().filter(|line| line.ends_with("  # default") && !line.starts_with("api")) {
        let line = line.trim_end_matches("  # default");
        assert!(template.contains(&format!("\n#{line}\n")), "no {line}");
    }
    for name in ["context", "theme", "policy", "check-secrets", "token-file", "labels", "pause", "cursor-end"]
    {
        assert!(template.contains(&format!("\n#{name} = ")), "no {name}");
    }
}

#[test]
fn an_unknown_context_is_refused_with_those_that_there_are() {
    let home = Home::with(TWO);
    let said = home.says(&[], &["--context", "ue"]);
    assert_eq!((said.code, said.out.as_str()), (Some(2), ""));
    assert_eq!(said.err, "imtop: --context: no context \"ue\"; expected eu or us; did you mean eu?\n");
    let said = home.says(&[("IMTOP_CONTEXT", "asia")], &["u"]);
    assert_eq!(said.err, "imtop: IMTOP_CONTEXT: no context \"asia\"; expected eu or us\n");
}

#[test]
fn a_filter_that_makes_no_sense_is_shown_with_a_mark_under_the_mistake() {
    let home = Home::with("");
    for (variables, args, who) in [
        (&[][..], &["demo", "--filter", "platfrom=web"][..], "--filter"),
        (&[("IMTOP_FILTER", "platfrom=web")][..], &["demo"][..], "IMTOP_FILTER"),
    ] {
        let said = home.says(variables, args);
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""));
        let expected = "no field \"platfrom\"; did you mean platform?\n  platfrom=web\n  ^^^^^^^^\n";
        assert_eq!(said.err, format!("imtop: {who}: {expected}"));
    }
    // What a context shows is for the screen; the variable is for what is written, and it makes no sense.
    let home = Home::with("[contexts.eu]\napi = \"http://127.0.0.1:1\"\nfilter = \"a\"\nusers = [\"a\"]\n");
    let said = home.says(&[("IMTOP_FILTER", "platfrom=web")], &["snapshot", "--context", "eu"]);
    assert_eq!((said.code, said.out.as_str()), (Some(2), ""));
    assert!(said.err.starts_with("imtop: IMTOP_FILTER: no field"), "{}", said.err);
}

#[test]
fn another_context_at_run_time_takes_the_picture_along_and_no_credentials() {
    use imtop::options::cli::definition;
    use imtop::options::{Environment, Settings, Sources};
    let home = Home::with("");
    let file = home.write(
        "c.toml",
        r#"
[contexts.a]
api = "https://a.example"
token-file = "a"
users = ["u1"]
[contexts.b]
api = "https://b.example"
production = true
token-file = "b"
group-id = "7"
labels = "server"
[contexts.c]
api = "https://c.example"
users = ["u3"]
"#,
    );
    let env: Environment<'_> = &|name| (name == "IMTOP_TOKEN").then(|| "hunter2hunter2".to_owned());
    let line = ["imtop", "--config", file.to_str().unwrap(), "--context", "a", "--insecure", "--mask", "x"];
    let matches = definition(env).try_get_matches_from(line).unwrap();
    let sources = Sources::read(&matches, env, &|_| Vec::new()).unwrap();
    assert_eq!(sources.contexts(), ["a", "b", "c"]);
    let shown = |settings: &Settings| {
        let watched = settings.whom.read(&mut |_, _| ()).unwrap();
        let ids: Vec<String> = watched.fixed.entries().map(|entry| entry.id).collect();
        let options = &settings.server;
        format!("{} {:?} {} {}", options.api, options.credentials, options.tls.insecure, ids.join(","))
    };
    let first = sources.settings().unwrap();
    assert_eq!(shown(&first), "https://a.example Token(..) true x");
    let b = sources.for_context("b").unwrap();
    assert_eq!(shown(&b), "https://b.example TokenFile(..) false ");
    assert!(b.values.production && b.values.mask && b.whom.of_server().labels_from_server);
    assert_eq!((b.context.as_deref(), b.whom.of_server().group.as_deref()), (Some("b"), Some("7")));
    // The token of the environment is for the server that imtop was started with.
    let c = sources.for_context("c").unwrap_err().to_string();
    assert!(c.ends_with("those that imtop was started with are not for it"), "{c}");
    assert_eq!(shown(&sources.for_context("a").unwrap()), shown(&first), "back again");
    let d = sources.for_context("nowhere").unwrap_err().to_string();
    assert_eq!(d, "no context \"nowhere\"; expected a, b or c");
}

#[test]
fn a_context_is_enough_to_watch_and_says_that_it_is_production() {
    use imtop::simulator::{Clock, Scenario, Simulator};
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (clock, _) = Clock::by_hand(1_795_413_000_000);
    let scenario = Scenario::named("calm").unwrap().with_users(20);
    let server = runtime.block_on(Simulator::start(scenario, ([127, 0, 0, 1], 0).into(), clock)).unwrap();
    let context = r#"production = true
token-file = "token"
users = ["user_00001", "user_00002"]
filter = "id=user_00002"
"#;
    let url = server.url();
    let top = "context = \"here\"\nascii = true\n";
    let home = Home::with(&format!("{top}[contexts.here]\napi = \"{url}\"\n{context}"));
    home.write(".config/imtop/token", &server.admin_token());
    let said = home.says(&[], &[]);
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    assert!(said.out.contains("PROD") && said.out.contains("1 of 2 shown"), "{}", said.out);
    assert!(said.out.contains("user_00002") && !said.out.contains("user_00001"), "{}", said.out);
    assert!(!said.out.contains('●'), "{}", said.out);
}

#[test]
fn witnesses_and_the_verdict_are_settings_like_any_other() {
    let home = Home::with(
        "registry = \"off\"\nextra-share = \"2%\"\nleaving = \"8s\"\nloss-users = 10\n[contexts.eu]\n\
         api = \"http://10.1.2.3:10002\"\ngateway-metrics = \"on\"\ngateway-networks = [\"10.9.0.0/16\"]\n",
    );
    let line = |name, variables: &[(&str, &str)], args: &[&str]| home.line(name, variables, args);
    let at = "HOME/.config/imtop/config.toml";
    assert_eq!(line("registry", &[], &[]), format!("registry = \"off\"  # {at}:1"));
    assert_eq!(line("extra-share", &[], &[]), format!("extra-share = \"2%\"  # {at}:2"));
    assert_eq!(line("loss-users", &[], &[]), format!("loss-users = 10  # {at}:4"));
    assert_eq!(line("ghost", &[], &[]), "ghost = \"60s\"  # default");
    assert_eq!(line("gateway-metrics", &[], &[]), "gateway-metrics = \"auto\"  # default");
    let eu = ["--context", "eu"];
    assert_eq!(line("gateway-metrics", &[], &eu), format!("gateway-metrics = \"on\"  # context eu, {at}:7"));
    assert_eq!(
        line("gateway-networks", &[], &eu),
        format!("gateway-networks = [\"10.9.0.0/16\"]  # context eu, {at}:8")
    );
    let off = ["--context", "eu", "--gateway-metrics", "off"];
    assert_eq!(line("gateway-metrics", &[], &off), "gateway-metrics = \"off\"  # flag");
    let variable = [("IMTOP_GATEWAY_METRICS", "on")];
    assert_eq!(
        line("gateway-metrics", &variable, &[]),
        "gateway-metrics = \"on\"  # environment IMTOP_GATEWAY_METRICS"
    );
    // What a context says of its own gateways is not said of another server's.
    let other = ["--context", "eu", "--api", "http://10.1.2.4:10002"];
    assert_eq!(line("gateway-metrics", &[], &other), "gateway-metrics = \"auto\"  # default");
    assert_eq!(line("gateway-networks", &[], &other), "# gateway-networks is not set");
}

#[test]
fn a_witness_setting_that_makes_no_sense_is_refused_with_what_was_expected() {
    for (config, says) in [
        ("registry = \"on\"", "1:12: registry is \"on\"; expected auto or off; did you mean off?"),
        ("extra-share = \"5\"", "1:15: extra-share is \"5\"; expected a share from \"0%\" to \"100%\""),
        (
            "gateway-metrics = \"on\"",
            "1:1: gateway-metrics is about one server; expected it below [contexts.NAME]",
        ),
        (
            "[contexts.a]\napi = \"http://10.1.2.3\"\ngateway-networks = [\"10.0.0.0/33\"]",
            "3:21: gateway-networks has \"10.0.0.0/33\" in it; expected a network such as 10.0.0.0/8 or fd00::/8, \
             or one address",
        ),
        (
            "[contexts.a]\napi = \"http://10.1.2.3\"\ngateway-networks = 5",
            "3:20: gateway-networks is a number; expected a list such as [\"a\", \"b\"]",
        ),
        ("loss-percent = 0", "1:16: loss-percent is 0; expected a number from 1 to 100"),
    ] {
        assert_eq!(wrong(config), says, "{config}");
    }
}
