//! Where secrets come from as the program takes or refuses them: who may read a file, and what other
//! programs leave around a token or a certificate.

use std::os::unix::fs::{chown, symlink};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::common::binary::{Said, Site, imtop, real_clock};
use crate::common::scratch::{Scratch, mode};

fn site() -> Site {
    Site::new("[[user]]\nid = \"a\"\n", "a\n", real_clock())
}

#[test]
fn a_token_in_the_environment_is_taken_as_one_in_a_file_is() {
    let site = site();
    let token = site.server.admin_token();
    for value in [
        token.clone(),
        format!("{token}\n"),
        format!("{token}\r\n"),
        format!("\u{feff}{token}"),
        format!("{token}\u{feff}"),
        format!(" {token}\r\n\u{feff}"),
    ] {
        let mut command = imtop(&["snapshot", "a", "--api", &site.server.url()]);
        let said = Said::from(command.env("IMTOP_TOKEN", &value).output().unwrap());
        assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{}", value.len() - token.len());
        let files = Scratch::new();
        let file = files.secret("token", &value);
        let mut command = imtop(&["snapshot", "a", "--api", &site.server.url(), "--token-file"]);
        let said = Said::from(command.arg(file).output().unwrap());
        assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "in a file, {}", value.len() - token.len());
    }
}

/// Runs a snapshot as a user who is not root and has this group besides.
fn as_a_service(site: &Site, group: u32, token: &Path) -> Said {
    let snapshot = imtop(&["snapshot", "a"]);
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", &format!("--groups={group}"), "--"]);
    command.arg(snapshot.get_program()).args(snapshot.get_args()).arg("--token-file").arg(token);
    command.env("IMTOP_CONFIG", "/dev/null").env("IMTOP_API", site.server.url());
    command.output().unwrap().into()
}

/// Only root can make files of root; for everybody else the rule's own tests have to do.
#[test]
fn a_file_of_root_is_read_by_the_group_that_it_was_given_to() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let (site, files) = (site(), Scratch::new());
    let file = files.secret("token", &site.server.admin_token());
    chown(&file, Some(0), Some(4242)).unwrap();
    for (rights, group, refused) in [
        (0o440, 4242, None),
        (0o640, 4242, None),
        (0o660, 4242, Some("its group can read or change it; let root run chmod 640 on it")),
        (0o644, 4242, Some("other users can read or change it; let root run chmod 640 on it")),
        (
            0o440,
            4243,
            Some("we may not read it; let root run chmod 640 on it, and chgrp to a group of this user"),
        ),
    ] {
        mode(&file, rights);
        let said = as_a_service(&site, group, &file);
        match refused {
            None => assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{rights:o}"),
            Some(why) => assert!(said.code == Some(1) && said.err.contains(why), "{rights:o}: {said:?}"),
        }
    }
    // What is root's own is for root alone.
    chown(&file, Some(0), Some(0)).unwrap();
    mode(&file, 0o640);
    let mut command = imtop(&["snapshot", "a", "--api", &site.server.url(), "--token-file"]);
    let said = Said::from(command.arg(&file).output().unwrap());
    assert!(said.err.contains("its group can read or change it; run chmod 600 on it"), "{said:?}");
}

#[test]
fn a_volume_of_kubernetes_is_read_through_its_links_and_has_its_own_remedy() {
    let (site, files) = (site(), Scratch::new());
    let target = files.secret("real", &site.server.admin_token());
    let volume = target.with_file_name("volume");
    std::fs::create_dir_all(volume.join("..2026_11_23")).unwrap();
    std::fs::rename(&target, volume.join("..2026_11_23/token")).unwrap();
    symlink("..2026_11_23", volume.join("..data")).unwrap();
    symlink("..data/token", volume.join("token")).unwrap();
    let token = volume.join("token");
    let ask = || -> Said {
        let mut command = imtop(&["snapshot", "a", "--api", &site.server.url(), "--token-file"]);
        command.arg(&token).output().unwrap().into()
    };
    assert_eq!(ask().code, Some(0));
    mode(&token, 0o644);
    let said = ask();
    assert!(
        said.err.contains("other users can read or change it; mount the secret with defaultMode: 0440"),
        "{said:?}"
    );
    assert!(!said.err.contains("chmod"), "{said:?}");
}

#[test]
fn what_is_wrong_with_a_file_is_one_sentence_that_names_it() {
    let (site, files) = (site(), Scratch::new());
    let open = files.secret("tok644", &site.server.admin_token());
    mode(&open, 0o644);
    let open = open.to_str().unwrap();
    let none = "/nowhere/token";
    for (args, said) in [
        (
            vec!["--token-file", open],
            format!(
                "cannot use the token file {open}: other users can read or change it; run chmod 600 on it (1 user unknown)"
            ),
        ),
        (
            vec!["--token-file", none],
            format!(
                "cannot use the token file {none}: no such file; check the name of the file (1 user unknown)"
            ),
        ),
        (
            vec!["--secret-file", none],
            format!(
                "cannot use the secret file {none}: no such file; check the name of the file (1 user unknown)"
            ),
        ),
        (
            vec!["--token-file", none, "--group-id", "g"],
            format!(
                "cannot read the watch list from the server: cannot use the token file {none}: no such file; check the name of the file"
            ),
        ),
        (
            vec!["--token-command", "exit 3"],
            "the token command failed: it says nothing; run it by hand in a shell (1 user unknown)"
                .to_owned(),
        ),
    ] {
        let mut command = imtop(&["snapshot", "a", "--api", &site.server.url()]);
        let output = Said::from(command.args(&args).output().unwrap());
        assert_eq!((output.code, output.err.trim_end()), (Some(1), &*format!("imtop: {said}")), "{args:?}");
    }
    let mut command = imtop(&["snapshot", "a", "--api", "https://127.0.0.1:1", "--ca-file", none]);
    let output = Said::from(command.env("IMTOP_TOKEN", "aaaaaaaaaa").output().unwrap());
    assert_eq!(output.err, format!("imtop: cannot use the file {none}: no such file\n"));
}

#[test]
fn a_token_in_the_wrong_place_is_never_repeated() {
    let (site, files) = (site(), Scratch::new());
    let token = site.server.admin_token();
    let url = |rest: &str| format!("https://{}", rest.replace("TOKEN", &token));
    let api = site.server.url();
    let refused = |said: &Said, what: &str| {
        let all = format!("{}{}", said.out, said.err);
        for part in token.split('.') {
            assert!(!all.contains(&part[..8.min(part.len())]), "{what}: {all}");
        }
        assert!(said.code.is_some_and(|code| code != 0), "{what}");
        assert!(!all.is_empty(), "{what}");
    };
    let in_file = files.secret("token", &token);
    let in_file = in_file.to_str().unwrap();
    let commands: [&[&str]; 14] = [
        &[],
        &["snapshot"],
        &["events"],
        &["check"],
        &["wait", "--for", "online>0"],
        &["serve", "--metrics", "127.0.0.1:0"],
        &["doctor"],
        &["config", "print"],
        &["config", "check"],
        &["config", "path"],
        &["demo"],
        &["replay"],
        &["simulate"],
        &["completions"],
    ];
    for command in commands {
        for arguments in [
            vec!["--token-file", &token],
            vec!["--token-flie", &token],
            vec!["--config", &token],
            vec!["--token", &token],
            vec!["--interval", &token],
            vec!["--api", &url("im.example/?token=TOKEN")],
            vec!["--api", &url("TOKEN@im.example")],
            vec!["--api", &url("im.example/TOKEN")],
            vec![&token],
            vec!["--", &token],
        ] {
            let said = Said::from(imtop(&[command, &arguments].concat()).output().unwrap());
            assert!(format!("{}{}", said.out, said.err).contains("looks like a token"), "{said:?}");
            refused(&said, &format!("{command:?} {:?}", arguments[0]));
        }
    }
    for name in
        ["IMTOP_TOKEN_FILE", "IMTOP_SECRET_FILE", "IMTOP_API", "IMTOP_CONFIG", "IMTOP_WATCH", "IMTOP_BATCH"]
    {
        let said = imtop(&["snapshot", "a"]).env(name, &token).output().unwrap().into();
        refused(&said, name);
    }
    // A file that holds one, where another file belongs.
    for arguments in [
        &["snapshot", "--watch", in_file] as &[&str],
        &["snapshot", "a", "--config", in_file],
        &["snapshot", "a", "--ca-file", in_file, "--api", "https://127.0.0.1:1"],
        &["snapshot", "--from", in_file],
        &["config", "check", "--config", in_file],
        &["replay", in_file],
        &["demo", "--scenario", in_file],
    ] {
        let mut command = imtop(arguments);
        if arguments.iter().all(|argument| !matches!(*argument, "--from" | "replay" | "demo" | "--api")) {
            command.env("IMTOP_API", &api);
        }
        let said = command.env("IMTOP_TOKEN", "a.b.c").output().unwrap().into();
        refused(&said, &format!("{arguments:?}"));
    }
    let mut command = imtop(&["snapshot", "-"]);
    command.env("IMTOP_TOKEN", "a.b.c").stdin(Stdio::from(std::fs::File::open(in_file).unwrap()));
    refused(&command.output().unwrap().into(), "standard input");
    for line in [
        "token-file = \"TOKEN\"",
        "api = \"https://im.example/?token=TOKEN\"",
        "users = [\"TOKEN\"]",
        "TOKEN = 1",
    ] {
        let api = if line.starts_with("api") { "" } else { "api = \"http://127.0.0.1:1\"" };
        let text = format!("[contexts.x]\n{}\n{api}\n", line.replace("TOKEN", &token));
        let file = files.secret("config.toml", &text);
        let said = imtop(&["snapshot", "a", "--context", "x", "--config", file.to_str().unwrap()]).output();
        refused(&said.unwrap().into(), line);
    }
}
