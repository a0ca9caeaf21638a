//! Names, types, values and guards, inside and across packages: from facts to external calls.
//!
//! The steps: a symbol table of all packages ([`symbols`], [`layout`], [`paths`], [`lower`]); types of every
//! body and who each call calls ([`infer`] and its files, collected in [`bodies`]); value flow on demand
//! ([`values`], [`carriers`], [`settings`]); guards around a place ([`around`], [`shapes`], [`breaker`], [`bulkhead`], [`fallback`]); summaries
//! bottom-up ([`summary`]), paths from entries top-down ([`contexts`]); and the result ([`emit`]).
//! Nothing here becomes a number: limits and addresses stay terms over configuration.

mod amounts;
mod answer;
mod around;
mod associated;
mod bodies;
mod breaker;
mod builders;
mod bulkhead;
mod carriers;
mod classes;
mod clients;
mod contexts;
mod declared;
mod effects;
mod embedded;
mod emit;
mod entries;
mod failing;
mod fallback;
mod fresh;
mod handling;
mod infer;
mod inferred;
mod layout;
mod locals;
mod lower;
mod objects;
mod options;
mod order;
mod outside;
mod parts;
mod paths;
mod patterns;
mod policies;
mod qualified;
mod settings;
mod shapes;
mod site;
mod site_terms;
mod spelled;
mod summary;
mod symbols;
mod traits;
mod ty;
mod units;
mod values;
mod words;

use crate::{
    catalog::compile::Catalog,
    model::{
        fact::{FileFacts, Language},
        package::Package,
        program::Program,
    },
};

use self::ty::FnId;

/// Resolve all packages together.
///
/// `files` and `packages` are sorted here: their order on entry does not matter.
#[must_use]
pub fn resolve(mut packages: Vec<Package>, mut files: Vec<FileFacts>, catalog: &Catalog) -> Program {
    packages.sort_by(|a, b| (&a.root, &a.dir, &a.name).cmp(&(&b.root, &b.dir, &b.name)));
    files.sort_by(|a, b| (&a.root, &a.file).cmp(&(&b.root, &b.file)));
    layout::declare_generated_types(&mut files);
    bring_into_shape(&packages, &mut files, catalog);
    let world = symbols::World::build(&packages, &files, catalog);
    let bodies = bodies::Bodies::build(&world);
    let flow = values::Flow::new(&bodies);
    let mut primitives = bodies.primitives();
    let entries = entries::entries(&flow);
    let mut sites = bodies.sites(&|at| entries.registrations.contains(&at));
    outside::retain_reached(&world, &mut sites, &mut primitives);
    let summaries = summary::summarise(&flow, &primitives, &sites);
    let handlers: Vec<FnId> = entries.entries.iter().map(|entry| entry.handler).collect();
    let above = contexts::above(world.functions.len(), &summaries, &sites, &handlers, &|site| {
        contexts::is_background(&flow, site)
    });
    emit::emit(&emit::Known {
        flow: &flow,
        primitives: &primitives,
        sites: &sites,
        entries: &entries.entries,
        summaries: &summaries,
        above: &above,
    })
}

/// Bring the facts of languages other than Rust into the shape that the steps know.
fn bring_into_shape(packages: &[Package], files: &mut [FileFacts], catalog: &Catalog) {
    let mut shared = qualified::Shared::default();
    let is_other = |facts: &&mut FileFacts| facts.language != Language::Rust;
    for facts in files.iter_mut().filter(is_other) {
        if let Some(package) = units::package_around(packages, facts) {
            units::absolute_imports(facts, &packages[package]);
            qualified::share(facts, &packages[package], &mut shared);
        }
    }
    for facts in files.iter_mut().filter(is_other) {
        if let Some(package) = units::package_around(packages, facts) {
            spelled::spell_out(facts, packages[package].ecosystem, catalog);
        }
        qualified::write_paths(facts, &shared);
        classes::give_classes_impls(facts);
    }
}
