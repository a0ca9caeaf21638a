//! Whether an answer's status is looked at.

use std::collections::BTreeSet;

use super::Sites;
use crate::model::{
    Name,
    call::StatusCheck,
    expr::{ExprId, ExprKind},
};

/// Methods that tell success from failure by themselves.
const CHECKS: &[&str] = &[
    "error_for_status",
    "error_for_status_ref",
    "is_client_error",
    "is_server_error",
    "is_success",
];

/// Methods that give the status.
const STATUSES: &[&str] = &["as_u16", "code", "status", "status_code"];

/// Methods that read the rest of the answer.
const READS: &[&str] = &[
    "body",
    "bytes",
    "bytes_stream",
    "chunk",
    "collect",
    "content_length",
    "copy_to",
    "headers",
    "into_body",
    "json",
    "text",
    "text_with_charset",
    "url",
    "version",
];

impl Sites<'_> {
    /// Whether the answer of the call at `id` is checked for an error status in this body.
    ///
    /// `Unknown` where the answer itself leaves the body: returned, stored or handed to another function.
    #[must_use]
    pub(crate) fn status_checked(&self, id: ExprId) -> StatusCheck {
        let mut reader = Reader {
            sites: self,
            is_checked: false,
            is_gone: false,
            open: vec![(id, false)],
            visited: BTreeSet::new(),
        };
        while let Some((id, is_status)) = reader.open.pop() {
            if reader.visited.insert((id, is_status)) {
                reader.step(id, is_status);
            }
        }
        match (reader.is_checked, reader.is_gone) {
            (true, _) => StatusCheck::Checked,
            (false, true) => StatusCheck::Unknown,
            (false, false) => StatusCheck::Ignored,
        }
    }
}

struct Reader<'s, 'b> {
    sites: &'s Sites<'b>,
    is_checked: bool,
    is_gone: bool,
    /// Values to follow: answers, and statuses taken from them.
    open: Vec<(ExprId, bool)>,
    visited: BTreeSet<(ExprId, bool)>,
}

impl Reader<'_, '_> {
    fn step(&mut self, id: ExprId, is_status: bool) {
        let Some(up) = self.sites.parent(id) else {
            self.is_gone = true;
            return;
        };
        match self.sites.kind(up) {
            ExprKind::Method {
                receiver, method, args, ..
            } if *receiver == id => self.method(up, method, args.first().map(|arg| arg.value), is_status),
            ExprKind::Binary { .. } | ExprKind::Unary { .. } if is_status => self.is_checked = true,
            ExprKind::Match { scrutinee, arms } if *scrutinee == id => {
                if is_status {
                    self.is_checked = true;
                } else {
                    for arm in arms {
                        let scopes: Vec<ExprId> = arm.guard.into_iter().chain([arm.body]).collect();
                        let uses = |sites: &Sites, name: &str| {
                            scopes.iter().flat_map(|scope| sites.uses_in(*scope, name)).collect()
                        };
                        self.names(&arm.pattern, uses, is_status);
                    }
                }
            }
            ExprKind::Let { pattern, .. } => {
                let around = self
                    .sites
                    .ancestors(up)
                    .find(|it| matches!(self.sites.kind(*it), ExprKind::If { .. } | ExprKind::Loop { .. }));
                if let Some(around) = around {
                    self.names(pattern, |sites, name| sites.uses_in(around, name), is_status);
                }
            }
            ExprKind::Bind { pattern, .. } => self.names(pattern, |sites, name| sites.uses_after(up, name), is_status),
            ExprKind::Block { stmts, has_tail, .. } => {
                if *has_tail && stmts.last() == Some(&id) {
                    self.open.push((up, is_status));
                }
            }
            ExprKind::Return(_) | ExprKind::Struct { .. } => self.is_gone = true,
            ExprKind::Assign { .. } => self.is_gone = true,
            ExprKind::Macro { path, .. } => {
                // A status that is asserted or matched is checked; one that is only printed is not.
                let name = path.last().map_or("", Name::as_str);
                self.is_checked |= is_status && (name == "matches" || name.starts_with("assert") || name == "ensure");
            }
            ExprKind::Call { .. } | ExprKind::Method { .. } => {
                let is_wrapper = self
                    .sites
                    .called(up)
                    .is_some_and(|name| super::names::is_in(super::names::WRAPPERS, name));
                if is_wrapper {
                    self.open.push((up, is_status))
                } else {
                    self.is_gone = true
                }
            }
            _ => self.open.push((up, is_status)),
        }
    }

    fn method(&mut self, up: ExprId, method: &str, argument: Option<ExprId>, is_status: bool) {
        if CHECKS.contains(&method) {
            self.is_checked = true;
        } else if STATUSES.contains(&method) {
            self.open.push((up, true));
        } else if !READS.contains(&method) || is_status {
            // `and_then(|it| it.error_for_status())`, `map(Response::error_for_status)`.
            match argument.map(|argument| (argument, self.sites.kind(argument))) {
                Some((argument, ExprKind::Closure { params, .. })) => {
                    for param in params {
                        self.names(&param.pattern, |sites, name| sites.uses_in(argument, name), is_status);
                    }
                }
                Some((_, ExprKind::Path(path))) if path.last().is_some_and(|name| CHECKS.contains(&name.as_str())) => {
                    self.is_checked = true;
                }
                _ => {}
            }
            self.open.push((up, is_status));
        }
    }

    fn names(
        &mut self,
        pattern: &crate::model::expr::Pattern,
        uses: impl Fn(&Sites, &str) -> Vec<ExprId>,
        is_status: bool,
    ) {
        let mut bound = Vec::new();
        pattern.names(&mut bound);
        for name in bound {
            self.open
                .extend(uses(self.sites, &name).into_iter().map(|id| (id, is_status)));
        }
    }
}
