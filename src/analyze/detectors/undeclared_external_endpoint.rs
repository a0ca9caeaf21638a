//! Something outside is called that nobody declared.

use super::{Context, Draft};
use crate::model::call::ComponentKind;

pub(super) fn detect(context: &Context<'_>) -> Vec<Draft> {
    let externals = (0_u32..)
        .zip(&context.system.components)
        .filter(|(_, component)| component.kind == ComponentKind::External && !component.is_declared);
    externals
        .filter_map(|(component, _)| {
            let idx = *context.network.calls_to(component).first()?;
            let fix = "declare the target with its owner and tier in failmap.toml, or remove the call";
            Some(Draft::of_call(
                context,
                idx,
                "which is not among the declared targets",
                fix,
            ))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::analyze::{AnalyzeSettings, detectors::tests::check_system, notation};

    #[test]
    fn silent_until_something_is_declared_then_one_for_each_target() {
        let mut system =
            notation::read("service a main -> external x\nservice a main -> external x\nservice a main -> external y");
        let y = notation::component(&system, "external:y");
        system.components[y as usize].is_declared = true;
        let rule = "undeclared-external-endpoint";
        let mut settings = AnalyzeSettings::default();
        check_system(rule, &system, &settings, &[]);
        settings.has_declared_targets = true;
        let line = "warn 1: a::main calls external:x (reqwest GET) which is not among the declared targets";
        check_system(rule, &system, &settings, &[line]);
    }
}
