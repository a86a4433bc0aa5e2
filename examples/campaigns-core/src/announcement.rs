//! What the service prints when it is ready.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::Path;

use pinpoint_iam::action::Route;
use pinpoint_iam::context::Context;
use pinpoint_iam::mobiletargeting::{Campaign, DeleteCampaign, GetCampaign};
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam::web::{MountedRoute, Requirement, RouteTable};
use pinpoint_iam::{Authorizer, Policy};

use crate::callers::{Caller, Callers};
use crate::store::{DEMO_APPLICATION, DEMO_CAMPAIGN};

/// What is announced.
pub(crate) struct Announcement<'a> {
    /// Where the service listens.
    pub(crate) address: SocketAddr,
    /// What it serves.
    pub(crate) routes: &'a RouteTable,
    /// Who may call.
    pub(crate) callers: &'a Callers,
    /// The file that says so.
    pub(crate) config: &'a Path,
    /// The policies of the callers.
    pub(crate) policies: &'a PolicyStore,
    /// What decides by them.
    pub(crate) authorizer: &'a Authorizer,
}

impl Announcement<'_> {
    /// Writes the announcement. The first line tells programs where the service listens; it stays as it is.
    pub(crate) fn write(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "listening on http://{}", self.address)?;
        writeln!(out, "\nroutes and the actions that they require:")?;
        let widest = self
            .routes
            .iter()
            .map(|route| route.path.len())
            .max()
            .unwrap_or_default();
        for MountedRoute {
            method,
            path,
            declaration,
        } in self.routes.iter()
        {
            let actions: Vec<String> = declaration
                .requirement()
                .into_iter()
                .flat_map(Requirement::actions)
                .map(|required| required.action.to_string())
                .collect();
            writeln!(out, "  {method:<6} {path:<widest$}  {}", actions.join(", "))?;
        }
        writeln!(
            out,
            "\ncallers, with the tokens of {}:",
            self.config.display()
        )?;
        let widest = |column: fn(&Caller) -> String| {
            let lengths = self
                .callers
                .iter()
                .map(|caller| column(caller).chars().count());
            lengths.max().unwrap_or_default()
        };
        let widest_name = widest(|caller| caller.name().to_owned());
        let widest_principal = widest(|caller| caller.principal().to_string());
        for caller in self.callers.iter() {
            let policies: Vec<&str> = self
                .policies
                .policies(caller.principal())
                .identity()
                .iter()
                .map(Policy::name)
                .collect();
            let policies = if policies.is_empty() {
                "no policies".to_owned()
            } else {
                policies.join(", ")
            };
            writeln!(
                out,
                "  {:<widest_name$}  {:<widest_principal$}  {policies}",
                caller.name(),
                caller.principal().to_string()
            )?;
        }
        self.write_calls(out)?;
        out.flush()
    }

    /// Writes one call that is allowed and one that is refused, of the same caller where one has both.
    fn write_calls(&self, out: &mut impl Write) -> io::Result<()> {
        let calls: Vec<(&Caller, Route, bool)> = self
            .callers
            .iter()
            .flat_map(|caller| {
                self.calls_of(caller)
                    .into_iter()
                    .map(move |(route, allowed)| (caller, route, allowed))
            })
            .collect();
        let has = |caller: &Caller, wanted: bool| {
            calls
                .iter()
                .any(|(other, _, allowed)| other.name() == caller.name() && *allowed == wanted)
        };
        let has_both = |caller: &Caller| has(caller, true) && has(caller, false);
        for (title, wanted) in [("an allowed call:", true), ("a refused call:", false)] {
            let mut fitting = calls.iter().filter(|(_, _, allowed)| *allowed == wanted);
            let chosen = fitting
                .clone()
                .find(|(caller, _, _)| has_both(caller))
                .or_else(|| fitting.next());
            if let Some((caller, Route { method, path, .. }, _)) = chosen {
                let path = path
                    .replace("{application-id}", DEMO_APPLICATION)
                    .replace("{campaign-id}", DEMO_CAMPAIGN);
                let (token, address) = (caller.token(), self.address);
                writeln!(out, "\n{title}")?;
                writeln!(
                    out,
                    "  curl -i -X {method} -H 'Authorization: Bearer {token}' http://{address}{path}"
                )?;
            }
        }
        Ok(())
    }

    /// Two calls about the demo's campaign, and whether the caller's policies allow them.
    fn calls_of(&self, caller: &Caller) -> Vec<(Route, bool)> {
        let Ok(campaign) = Campaign::new(DEMO_APPLICATION, DEMO_CAMPAIGN) else {
            return Vec::new();
        };
        let context = Context::new();
        let guard = self.authorizer.guard(caller.principal(), &context);
        vec![
            (
                GetCampaign::ROUTE,
                guard.check(GetCampaign, &campaign).is_ok(),
            ),
            (
                DeleteCampaign::ROUTE,
                guard.check(DeleteCampaign, &campaign).is_ok(),
            ),
        ]
    }
}
