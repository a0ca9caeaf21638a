//! The page in a real browser, without network: run last and apart (`.ci/run`).

use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::report::{shop_report, skip};

fn browser() -> Option<&'static str> {
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    names.into_iter().find(|name| {
        Command::new(name)
            .arg("--version")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|it| it.success())
    })
}

#[test]
fn the_page_renders_without_network() {
    let Some(browser) = browser() else {
        return skip("chromium");
    };
    let dir = shop_report();
    let profile = TempDir::new().unwrap();
    let output = Command::new(browser)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--virtual-time-budget=5000",
        ])
        .args(["--host-resolver-rules=MAP * ~NOTFOUND", "--dump-dom"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!("file://{}", dir.path().join("index.html").display()))
        .output()
        .expect("the browser that answered --version starts");
    let page = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    for needle in ["checkout", "api.atlas-maps.example", "geo", "</html>"] {
        assert!(page.contains(needle), "`{needle}` is not on the rendered page");
    }
}
