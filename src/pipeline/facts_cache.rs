//! The facts of third-party packages between runs, in the user's cache folder: one file for each package.
//!
//! A file is bound to the package's identity and to the front end that made it, and carries a checksum. One that is
//! damaged, of another front end or unreadable is as good as none: it is written anew. Failing to write costs the next
//! run some time and this one nothing, so it is not reported.

#![allow(
    clippy::disallowed_methods,
    reason = "the cache is failmap's own folder, never part of a scanned tree"
)]

use std::{
    fs,
    io::{Read, Write},
    path::{Path, PathBuf},
    process,
};

use crate::model::fact::FileFacts;

/// First bytes of each file.
const MAGIC: &[u8; 8] = b"failmap\x01";
/// Bytes of the checksum that follows them.
const HASH_LEN: usize = 32;
/// Largest unpacked file: some ten times the facts of the largest bindings.
const MAX_BYTES: u64 = 1 << 30;
/// The weakest compression: reading is what counts, and most of the gain is in repeated names.
const COMPRESSION: i32 = 1;

/// The texts that decide what the facts of a source file are, and in which form they are written.
const FRONT_END: &[&[u8]] = &[
    include_bytes!("../extract/mod.rs"),
    include_bytes!("../extract/rust/attributes.rs"),
    include_bytes!("../extract/rust/exprs.rs"),
    include_bytes!("../extract/rust/format.rs"),
    include_bytes!("../extract/rust/functions.rs"),
    include_bytes!("../extract/rust/imports.rs"),
    include_bytes!("../extract/rust/items.rs"),
    include_bytes!("../extract/rust/limits.rs"),
    include_bytes!("../extract/rust/macros.rs"),
    include_bytes!("../extract/rust/mod.rs"),
    include_bytes!("../extract/rust/patterns.rs"),
    include_bytes!("../extract/rust/select.rs"),
    include_bytes!("../extract/rust/spans.rs"),
    include_bytes!("../extract/rust/types.rs"),
    include_bytes!("../model/expr.rs"),
    include_bytes!("../model/fact.rs"),
    include_bytes!("../model/location.rs"),
    include_bytes!("../model/problem.rs"),
];

/// Changes with every change of the front end, so that nobody has to remember a version. Made by the compiler, so the
/// program does not carry the texts.
#[allow(long_running_const_eval, reason = "some 150 KiB, once in each build")]
const FRONT_END_VERSION: u64 = fnv(FRONT_END);

/// FNV-1a.
const fn fnv(texts: &[&[u8]]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325;
    let mut text_idx = 0;
    while text_idx < texts.len() {
        let text = texts[text_idx];
        let mut idx = 0;
        while idx < text.len() {
            hash = (hash ^ text[idx] as u64).wrapping_mul(0x0100_0000_01b3);
            idx += 1;
        }
        text_idx += 1;
    }
    hash
}

/// The cache, or none where the user wants none.
#[derive(Clone, Debug, Default)]
pub(super) struct FactsCache {
    folder: Option<PathBuf>,
}

impl FactsCache {
    /// The cache below the user's cache folder.
    pub(super) fn at(folder: Option<&Path>) -> Self {
        Self {
            folder: folder.map(|folder| folder.join(format!("facts-{FRONT_END_VERSION:016x}"))),
        }
    }

    /// The facts of the package that `identity` names; `None` where they have to be made.
    pub(super) fn load(&self, identity: &[&str]) -> Option<Vec<FileFacts>> {
        let mut bytes = Vec::new();
        let file = fs::File::open(self.path(identity)?).ok()?;
        file.take(MAX_BYTES).read_to_end(&mut bytes).ok()?;
        let (checksum, packed) = bytes.strip_prefix(MAGIC)?.split_at_checked(HASH_LEN)?;
        if blake3::hash(packed).as_bytes() != checksum {
            return None;
        }
        let mut plain = Vec::new();
        let reader = zstd::stream::read::Decoder::new(packed).ok()?;
        reader.take(MAX_BYTES).read_to_end(&mut plain).ok()?;
        postcard::from_bytes(&plain).ok()
    }

    /// Keep the facts for the next run.
    pub(super) fn store(&self, identity: &[&str], facts: &[FileFacts]) {
        if let Some(path) = self.path(identity) {
            // Without the file the next run makes the facts again.
            let _ = write(&path, facts);
        }
    }

    fn path(&self, identity: &[&str]) -> Option<PathBuf> {
        let mut hasher = blake3::Hasher::new();
        for part in identity {
            hasher.update(part.as_bytes());
            hasher.update(b"\0");
        }
        Some(self.folder.as_ref()?.join(hasher.finalize().to_hex().as_str()))
    }
}

/// Write beside the place and move there: a reader sees all or nothing.
fn write(path: &Path, facts: &[FileFacts]) -> Option<()> {
    let plain = postcard::to_stdvec(facts).ok()?;
    let packed = zstd::stream::encode_all(plain.as_slice(), COMPRESSION).ok()?;
    fs::create_dir_all(path.parent()?).ok()?;
    let draft = path.with_extension(format!("{}.draft", process::id()));
    let mut file = fs::File::create(&draft).ok()?;
    file.write_all(MAGIC).ok()?;
    file.write_all(blake3::hash(&packed).as_bytes()).ok()?;
    file.write_all(&packed).ok()?;
    drop(file);
    fs::rename(&draft, path).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        extract::{SourceInput, extract},
        model::fact::{FileRole, Language},
    };

    const TEXT: &str = "use reqwest::Client;\n/// A client.\npub struct Sdk<T> { http: Client, of: T }\n\
        const LIMIT: std::time::Duration = std::time::Duration::from_millis(1_500);\n\
        impl<T: Send> Sdk<T> {\n    pub async fn get(&self, x: u64) -> Result<String, reqwest::Error> {\n        \
        let url = format!(\"https://api.example.com/{x}\");\n        \
        for _ in 0..3 { if let Ok(it) = self.http.get(&url).send().await { return it.text().await; } }\n        \
        match self.http.get(url).send().await { Ok(it) => it.text().await, Err(error) => Err(error) }\n    }\n}\n";

    fn facts() -> Vec<FileFacts> {
        let input = SourceInput {
            root: "dep:cargo/sdk@1.0.0".into(),
            file: "src/lib.rs".into(),
            language: Language::Rust,
            role: FileRole::Source,
            text: TEXT,
        };
        vec![extract(&input)]
    }

    const IDENTITY: &[&str] = &["registry", "sdk", "1.0.0", "abc"];

    #[test]
    fn facts_come_back_as_they_were() {
        let dir = tempfile::tempdir().expect("a folder");
        let cache = FactsCache::at(Some(dir.path()));
        assert_eq!(cache.load(IDENTITY), None);
        cache.store(IDENTITY, &facts());
        assert_eq!(cache.load(IDENTITY), Some(facts()));
        assert_eq!(cache.load(&["registry", "sdk", "1.0.0", "abd"]), None);
    }

    #[test]
    fn a_damaged_file_is_none_and_is_replaced() {
        let dir = tempfile::tempdir().expect("a folder");
        let cache = FactsCache::at(Some(dir.path()));
        cache.store(IDENTITY, &facts());
        let path = cache.path(IDENTITY).expect("a path");
        let whole = fs::read(&path).expect("the file");
        let mut flipped = whole.clone();
        flipped[whole.len() / 2] ^= 1;
        for damaged in [&whole[..20], &whole[..whole.len() - 1], &flipped, b"", b"failmap"] {
            fs::write(&path, damaged).expect("written");
            assert_eq!(cache.load(IDENTITY), None);
        }
        cache.store(IDENTITY, &facts());
        assert_eq!(fs::read(&path).expect("the file"), whole, "same facts, same bytes");
    }

    #[test]
    fn every_file_of_the_front_end_counts() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/extract/rust");
        for entry in fs::read_dir(folder).expect("the front end") {
            let path = entry.expect("an entry").path();
            let text = fs::read(&path).expect("a source file");
            let is_test = path.file_stem().is_some_and(|stem| stem == "tests");
            assert!(
                is_test || FRONT_END.contains(&text.as_slice()),
                "{} is missing",
                path.display()
            );
        }
    }
}
