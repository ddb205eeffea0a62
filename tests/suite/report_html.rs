//! The report as a page: what a real browser makes of it.

use std::path::{Path, PathBuf};

use crate::support::browser::Visit;
use crate::support::judged::{self, RUN};
use crate::support::lab::Lab;

fn page(lab: &Lab) -> PathBuf {
    lab.puff(&["report", RUN, "--format", "html", "-o", "."]).ok();
    lab.work().join("report.html")
}

#[test]
fn pictures_of_the_page_are_taken_for_people_to_look_at() {
    let lab = judged::reviewed(|_, _| {});
    let page = page(&lab);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("report-html");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::copy(&page, folder.join("report.html")).unwrap();
    for (width, height) in [(1280, 900), (390, 844)] {
        for dark in [false, true] {
            let shot = folder.join(format!("{width}-{}.png", if dark { "dark" } else { "light" }));
            let seen = Visit::new(width, height, dark).open(&page).shot(&shot, true);
            let seen = seen.ask("document.documentElement.scrollWidth").go().is_quiet();
            assert_eq!(seen.values, [width], "it scrolls sideways");
        }
    }
}
