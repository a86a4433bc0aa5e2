//! W2 to W5: the policies of teams, one document each.
//!
//! A team has ten applications, and its document contains ten statements for each of them:
//!
//! 1. allow `GetApp`, `GetApplicationSettings`, `GetCampaigns` and `GetSegments` on the application;
//! 2. allow `GetSegment*` on everything in it, in any region;
//! 3. allow `GetCampaign` and `UpdateCampaign` on its campaigns;
//! 4. deny `UpdateCampaign` and `DeleteCampaign` on one of them;
//! 5. allow `DeleteCampaign` on another one;
//! 6. allow `UpdateSegment` and `DeleteSegment` on one segment;
//! 7. allow `GetCampaignDateRangeKpi` on the metrics of all campaigns, in any region: a wildcard inside the resource;
//! 8. allow `SendMessages`;
//! 9. allow `GetJourney`, `UpdateJourney` and `UpdateJourneyState` on two journeys;
//! 10. deny `Delete*` on its channels, in any region.
//!
//! Ids have Pinpoint's format, 32 hexadecimal digits. The questions are alternately allowed and denied. Those that are
//! denied match an explicit deny, name an application that is not in any policy, name a different resource than the
//! statement, or name an action that no statement has.

use pinpoint_iam::mobiletargeting::{
    App, Campaign, CampaignMetrics, Channel, DeleteApp, DeleteCampaign, DeleteEmailChannel,
    DeleteJourney, GetApp, GetCampaign, GetCampaignDateRangeKpi, GetSegmentVersions, Journey,
    Messages, Segment, SendMessages, UpdateCampaign, UpdateJourneyState, UpdateSegment,
};
use pinpoint_iam::resource::InvalidId;
use serde_json::{Value, json};

use super::{Question, RequestContext, SEED, Workload, arn, context};
use crate::Failure;
use crate::random::Random;

/// The number of teams in W4; each has 100 statements.
pub const TEAMS_OF_W4: usize = 101;

/// The number of questions in W4x, all different.
pub const QUESTIONS_OF_W4X: usize = 4_096;

const QUESTIONS: usize = 16;
const APPLICATIONS: usize = 10;

pub(super) fn w2() -> Result<Workload, Failure> {
    workload("W2", 1, QUESTIONS)
}

pub(super) fn w3() -> Result<Workload, Failure> {
    workload("W3", 10, QUESTIONS)
}

pub(super) fn w4() -> Result<Workload, Failure> {
    workload("W4", TEAMS_OF_W4, QUESTIONS)
}

pub(super) fn w4x() -> Result<Workload, Failure> {
    workload("W4x", TEAMS_OF_W4, QUESTIONS_OF_W4X)
}

/// Returns W2 with conditions. Each question is drawn again, with other values of the condition keys, until it has the
/// expected decision.
pub(super) fn w5() -> Result<Workload, Failure> {
    let mut random = Random::new(SEED);
    let team = Team::draw(&mut random);
    let mut workload = Workload {
        name: "W5",
        documents: vec![document(&team.applications, true)],
        questions: Vec::new(),
    };
    let teams = [team];
    for turn in 0..QUESTIONS {
        let allowed = turn % 2 == 0;
        loop {
            let mut question = draw_question(&teams, turn, &mut random)?;
            question.context = RequestContext::draw(&mut random);
            workload.questions.push(question);
            if workload.answers()?.last() == Some(&allowed) {
                break;
            }
            workload.questions.pop();
        }
    }
    Ok(workload)
}

fn workload(name: &'static str, teams: usize, questions: usize) -> Result<Workload, Failure> {
    let mut random = Random::new(SEED);
    let teams: Vec<_> = (0..teams).map(|_| Team::draw(&mut random)).collect();
    let questions = (0..questions)
        .map(|turn| draw_question(&teams, turn, &mut random))
        .collect::<Result<_, Failure>>()?;
    Ok(Workload {
        name,
        documents: teams
            .iter()
            .map(|team| document(&team.applications, false))
            .collect(),
        questions,
    })
}

struct Team {
    applications: Vec<Application>,
}

/// One application, with the ids that its statements name.
pub(super) struct Application {
    id: String,
    frozen: String,
    draft: String,
    segment: String,
    journeys: [String; 2],
}

impl Team {
    fn draw(random: &mut Random) -> Self {
        Self {
            applications: (0..APPLICATIONS)
                .map(|_| Application::draw(random))
                .collect(),
        }
    }
}

/// Returns the document with the statements of the given applications.
pub(super) fn document(applications: &[Application], with_conditions: bool) -> String {
    let mut statements: Vec<_> = applications
        .iter()
        .flat_map(Application::statements)
        .collect();
    for (index, statement) in statements.iter_mut().enumerate() {
        if let Some(statement) = statement.as_object_mut() {
            statement.insert("Sid".to_owned(), format!("Statement{index}").into());
            if with_conditions {
                let conditions = context::conditions(index);
                statement.insert("Condition".to_owned(), conditions);
            }
        }
    }
    json!({"Version": "2012-10-17", "Statement": statements}).to_string()
}

impl Application {
    pub(super) fn draw(random: &mut Random) -> Self {
        Self {
            id: random.id(),
            frozen: random.id(),
            draft: random.id(),
            segment: random.id(),
            journeys: [random.id(), random.id()],
        }
    }

    /// Returns its id.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    fn statements(&self) -> [Value; 10] {
        let statement = |effect: &str, anywhere: bool, actions: &[&str], resources: &[String]| {
            let actions: Vec<_> = actions
                .iter()
                .map(|action| format!("mobiletargeting:{action}"))
                .collect();
            let resources: Vec<_> = resources
                .iter()
                .map(|resource| arn(anywhere, &format!("apps/{}{resource}", self.id)))
                .collect();
            json!({"Effect": effect, "Action": one_or_all(&actions), "Resource": one_or_all(&resources)})
        };
        let [first, second] = &self.journeys;
        [
            statement(
                "Allow",
                false,
                &[
                    "GetApp",
                    "GetApplicationSettings",
                    "GetCampaigns",
                    "GetSegments",
                ],
                &[String::new()],
            ),
            statement("Allow", true, &["GetSegment*"], &["/*".to_owned()]),
            statement(
                "Allow",
                false,
                &["GetCampaign", "UpdateCampaign"],
                &["/campaigns/*".to_owned()],
            ),
            statement(
                "Deny",
                false,
                &["UpdateCampaign", "DeleteCampaign"],
                &[format!("/campaigns/{}", self.frozen)],
            ),
            statement(
                "Allow",
                false,
                &["DeleteCampaign"],
                &[format!("/campaigns/{}", self.draft)],
            ),
            statement(
                "Allow",
                false,
                &["UpdateSegment", "DeleteSegment"],
                &[format!("/segments/{}", self.segment)],
            ),
            statement(
                "Allow",
                true,
                &["GetCampaignDateRangeKpi"],
                &["/campaigns/*/kpis/*".to_owned()],
            ),
            statement("Allow", false, &["SendMessages"], &["/messages".to_owned()]),
            statement(
                "Allow",
                false,
                &["GetJourney", "UpdateJourney", "UpdateJourneyState"],
                &[format!("/journeys/{first}"), format!("/journeys/{second}")],
            ),
            statement("Deny", true, &["Delete*"], &["/channels/*".to_owned()]),
        ]
    }
}

/// Writes a list with one element as the element itself, as policy authors usually do.
fn one_or_all(items: &[String]) -> Value {
    match items {
        [only] => only.as_str().into(),
        _ => items.into(),
    }
}

/// Draws the question of a turn: allowed (apart from conditions) in even turns, denied in odd ones.
fn draw_question(teams: &[Team], turn: usize, random: &mut Random) -> Result<Question, Failure> {
    let team = random.pick(teams).ok_or("there are no teams")?;
    let application = random
        .pick(&team.applications)
        .ok_or("the team has no applications")?;
    let question = if turn.is_multiple_of(2) {
        allowed(application, turn / 2, random)
    } else {
        refused(application, turn / 2, random)
    };
    Ok(question?)
}

fn allowed(
    application: &Application,
    turn: usize,
    random: &mut Random,
) -> Result<Question, InvalidId> {
    let id = application.id.as_str();
    let any = random.id();
    let [first, _] = &application.journeys;
    match turn % 8 {
        0 => Question::new(GetApp, [id], |[app]| App::new(app)),
        1 => Question::new(GetSegmentVersions, [id, &any], |[app, id]| {
            Segment::new(app, id)
        }),
        2 => Question::new(UpdateCampaign, [id, &any], |[app, id]| {
            Campaign::new(app, id)
        }),
        3 => Question::new(DeleteCampaign, [id, &application.draft], |[app, id]| {
            Campaign::new(app, id)
        }),
        4 => Question::new(UpdateSegment, [id, &application.segment], |[app, id]| {
            Segment::new(app, id)
        }),
        5 => Question::new(
            GetCampaignDateRangeKpi,
            [id, &any, "unique-deliveries"],
            |[app, id, kpi]| CampaignMetrics::new(app, id, kpi),
        ),
        6 => Question::new(SendMessages, [id], |[app]| Messages::new(app)),
        _ => Question::new(UpdateJourneyState, [id, first], |[app, id]| {
            Journey::new(app, id)
        }),
    }
}

fn refused(
    application: &Application,
    turn: usize,
    random: &mut Random,
) -> Result<Question, InvalidId> {
    let id = application.id.as_str();
    let any = random.id();
    let [first, _] = &application.journeys;
    match turn % 8 {
        0 => Question::new(UpdateCampaign, [id, &application.frozen], |[app, id]| {
            Campaign::new(app, id)
        }),
        1 => Question::new(DeleteEmailChannel, [id, "email"], |[app, kind]| {
            Channel::new(app, kind)
        }),
        2 => Question::new(GetCampaign, [&any, id], |[app, id]| Campaign::new(app, id)),
        3 => Question::new(DeleteCampaign, [id, &any], |[app, id]| {
            Campaign::new(app, id)
        }),
        4 => Question::new(UpdateSegment, [id, &any], |[app, id]| Segment::new(app, id)),
        5 => Question::new(DeleteApp, [id], |[app]| App::new(app)),
        6 => Question::new(SendMessages, [&any], |[app]| Messages::new(app)),
        _ => Question::new(DeleteJourney, [id, first], |[app, id]| {
            Journey::new(app, id)
        }),
    }
}
