//! From a program and what is declared about it to one system: components, entries, edges, evaluated calls.
//!
//! Names meet here: a package with a compose service, a host with the service that answers to it, a
//! configuration key with the value that a deployment gives it. Every match keeps its evidence; a call
//! whose target cannot be named keeps the reason. A pure function of sorted input: same input, same system.
//!
//! [`services`] decides what is a service and what a library, [`hosts`] who answers to which name,
//! [`targets`] what a call reaches, [`cases`] guards and endpoints by service, [`edges`] gathers the graph.

mod alternatives;
mod calls;
mod cases;
mod components;
mod edges;
mod entries;
mod environments;
mod hosts;
mod images;
mod names;
mod packages;
mod problems;
mod reserved;
mod services;
mod sites;
mod targets;

use crate::{
    model::{
        Name,
        deploy::DeclaredWorld,
        problem::Problem,
        program::Program,
        system::System,
        term::{Binding, ConfigKey, ConfigKind},
    },
    terms::bind::Bindings,
};

use self::{
    calls::Calls, cases::Cases, components::Components, edges::Edges, entries::Entries, environments::environments,
    hosts::Hosts, packages::Packages, services::Services, sites::sites,
};

/// Link `program` with `world`. The problems are what could not be linked, sorted.
#[must_use]
pub fn link(program: &Program, world: &DeclaredWorld) -> (System, Vec<Problem>) {
    let packages = Packages::of(program);
    let mut components = Components::default();
    let services = Services::of(program, world, &packages, &mut components);
    packages.add_libraries(program, &services, &mut components);
    let environments = environments(world, &services);
    let bindings = bindings(world, &environments);
    let hosts = Hosts::of(world, &services, &environments, &mut components);
    let entries = Entries::of(program, &packages, &services);

    let mut edges = Edges::default();
    edges.add_packages(program, &packages, &services);
    edges.add_deployments(world, &services, &hosts);
    edges.add_consumers(program, &entries, &services, &mut components);
    let cases = Cases {
        program,
        bindings: &bindings,
        packages: &packages,
        services: &services,
        hosts: &hosts,
        environments: &environments,
    };
    let linked = Calls { cases }.link(&entries, &mut components, &mut edges);

    let (components, index) = components.finish();
    let problems = problems::problems(&linked.calls);
    let sites = sites(program, &bindings, &services, &linked);
    let system = System {
        entries: entries.finish(&index),
        edges: edges.finish(&index, &components),
        calls: linked.finish(&index),
        sites,
        components,
    };
    (system, problems)
}

/// What configuration files say, with the environments of deployments.
fn bindings(world: &DeclaredWorld, environments: &[Option<Name>]) -> Bindings {
    let mut bindings = world.bindings.clone();
    for (deployment, environment) in world.deployments.iter().zip(environments) {
        for (name, (value, at)) in &deployment.environment {
            bindings.push(Binding {
                key: ConfigKey {
                    kind: ConfigKind::Env,
                    name: name.clone(),
                },
                value: value.clone(),
                scope: Some(deployment.name.clone()),
                environment: environment.clone(),
                at: at.clone(),
            });
        }
    }
    Bindings::new(bindings)
}

/// The id of a component: `service:checkout`.
type ComponentId = Name;

#[cfg(test)]
mod tests;
