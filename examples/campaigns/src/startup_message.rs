//! The start message of the service.

use std::env;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::Path;

use pinpoint_iam::action::Route;
use pinpoint_iam::context::Context;
use pinpoint_iam::mobiletargeting::{self, Campaign, DeleteCampaign, GetCampaign};
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam::web::{MountedRoute, Requirement, RouteTable};
use pinpoint_iam::{Authorizer, Policy};

use crate::admin::FRESHNESS;
use crate::callers::{Caller, Callers};
use crate::records::store::{DEMO_APPLICATION, DEMO_CAMPAIGN};

/// After a longer path, the actions are on a separate line.
const WIDEST_PATH: usize = 56;

/// Returns the path relative to the current directory, if it is below it.
fn shown(path: &Path) -> String {
    let current = env::current_dir().unwrap_or_default();
    path.strip_prefix(current)
        .unwrap_or(path)
        .display()
        .to_string()
}

/// The contents of the start message.
pub(crate) struct StartupMessage<'a> {
    /// The address on which the service listens.
    pub(crate) address: SocketAddr,
    /// The address for administrators.
    pub(crate) admin: SocketAddr,
    /// The routes of the service.
    pub(crate) routes: &'a RouteTable,
    /// The callers.
    pub(crate) callers: &'a Callers,
    /// The file that lists the callers.
    pub(crate) config: &'a Path,
    /// The policies of the callers, if they are known.
    pub(crate) policies: Option<&'a PolicyStore>,
    /// The authorizer, which evaluates the policies.
    pub(crate) authorizer: &'a Authorizer,
}

impl StartupMessage<'_> {
    /// Writes the message. The first line contains the address of the service in a fixed format, because programs parse
    /// it.
    pub(crate) fn write(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "listening on http://{}", self.address)?;
        self.write_routes(out)?;
        self.write_callers(out)?;
        self.write_calls(out)?;
        writeln!(out, "\nfor administrators, the age of the policies:")?;
        writeln!(out, "  curl -i http://{}{FRESHNESS}", self.admin)?;
        out.flush()
    }

    /// Writes a line for each route. The service's prefix is in the heading, because most actions have the same one.
    fn write_routes(&self, out: &mut impl Write) -> io::Result<()> {
        let prefix = mobiletargeting::SERVICE.prefix;
        writeln!(
            out,
            "\nroutes and the actions of `{prefix}` that they require:"
        )?;
        let widest = self.routes.iter().map(|route| route.path.len()).max();
        let widest = widest.unwrap_or_default().min(WIDEST_PATH);
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
                .map(|action| match action.split_once(':') {
                    Some((service, name)) if service == prefix => name.to_owned(),
                    _ => action,
                })
                .collect();
            let actions = actions.join(", ");
            if path.len() > widest {
                writeln!(out, "  {method:<6} {path}\n{:11}{actions}", "")?;
            } else {
                writeln!(out, "  {method:<6} {path:<widest$}  {actions}")?;
            }
        }
        Ok(())
    }

    /// Writes a line for each caller: name, token and policies.
    fn write_callers(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "\ncallers and tokens, from {}:", shown(self.config))?;
        let widest = |column: fn(&Caller) -> &str| {
            let lengths = self.callers.iter().map(|caller| column(caller).len());
            lengths.max().unwrap_or_default()
        };
        let (widest_name, widest_token) = (widest(Caller::name), widest(Caller::token));
        for caller in self.callers.iter() {
            let policies = self.policies_of(caller);
            writeln!(
                out,
                "  {:<widest_name$}  {:<widest_token$}  {policies}",
                caller.name(),
                caller.token()
            )?;
        }
        Ok(())
    }

    fn policies_of(&self, caller: &Caller) -> String {
        let Some(policies) = self.policies else {
            return String::new();
        };
        let policies = policies.policies(caller.principal()).identity();
        let names: Vec<&str> = policies.iter().map(Policy::name).collect();
        match names.as_slice() {
            [] => "no policies".to_owned(),
            names => names.join(", "),
        }
    }

    /// Writes one call that is allowed and one that is denied, by the same caller if one has both.
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
        for (title, wanted) in [("an allowed call:", true), ("a denied call:", false)] {
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
        let mut signing = self.callers.iter().filter_map(Caller::keys);
        if let Some((access_key, secret_key)) = signing.next() {
            let (address, region) = (self.address, self.authorizer.scope().region());
            writeln!(out, "\na signed call, by the AWS CLI:")?;
            writeln!(
                out,
                "  AWS_ACCESS_KEY_ID={access_key} AWS_SECRET_ACCESS_KEY='{secret_key}' aws pinpoint get-app \
                 --application-id {DEMO_APPLICATION} --region {region} --endpoint-url http://{address}"
            )?;
        }
        Ok(())
    }

    /// Returns two calls about the demo's campaign, and whether the caller's policies allow them.
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
