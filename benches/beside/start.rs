//! How soon after its start a program shows its first frame: imtop beside bottom, on a server that never
//! answers, with a short list and with a long one.

use std::net::TcpListener;
use std::path::Path;

use super::programs::Program;
use super::report::{Goal, median, note, row};
use super::site::{imtop, write_list};
use super::terminal::Terminal;

const TURNS: usize = 11;
const MANY: usize = 1_000_000;
/// To reach with the long list, in seconds.
const LONG: f64 = 1.5;

pub(crate) fn measure() {
    let folder = tempfile::tempdir().expect("a folder");
    // Connections to it are made, and nothing ever comes of them.
    let server = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", server.local_addr().expect("an address"));
    let lists = [500, MANY].map(|users| {
        let list = folder.path().join(format!("{users}.csv"));
        write_list(users, &list);
        list.display().to_string()
    });
    let first = |program: &Path, args: &[&str]| {
        Terminal::start(program, args, folder.path(), "bench").first_frame().expect("a frame")
    };
    let btm = Program::Btm.find();
    let (mut few, mut many, mut theirs) = (Vec::new(), Vec::new(), Vec::new());
    for turn in 0..=TURNS {
        let of_few = first(imtop(), &["--api", &url, "--watch", &lists[0]]);
        let of_btm = btm.as_deref().map(|btm| first(btm, &[]));
        let of_many = first(imtop(), &["--api", &url, "--watch", &lists[1]]);
        // The first turn only brings the programs into memory.
        if turn > 0 {
            few.push(of_few);
            many.push(of_many);
            theirs.extend(of_btm);
        }
    }
    if !theirs.is_empty() {
        let ratios = few.iter().zip(&theirs).map(|(ours, theirs)| ours / theirs).collect();
        row("first frame, 500 users, before the first answer; btm", ratios, Goal::AtMost(1.0));
    }
    let ratios = many.iter().map(|ours| ours / LONG).collect();
    row("first frame, 1,000,000 users; 1.5 s", ratios, Goal::AtMost(1.0));
    let ms = |figures| median(figures) * 1e3;
    note(&format!(
        "{:.0} ms with 500 users, {:.0} ms with 1,000,000, btm {:.0} ms",
        ms(few),
        ms(many),
        ms(theirs)
    ));
}
