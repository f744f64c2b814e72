//! Where secrets come from as the program takes or refuses them: who may read a file, and what other
//! programs leave around a token or a certificate.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test may")]

mod common;

use std::os::unix::fs::{chown, symlink};
use std::path::Path;
use std::process::Command;

use common::binary::{Said, Site, imtop, real_clock};
use common::scratch::{Scratch, mode};

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
