//! W2 to W5: the policies of teams, one document each.
//!
//! A team has ten applications, and its document ten statements for each of them:
//!
//! 1. allow `GetApp`, `GetApplicationSettings`, `GetCampaigns` and `GetSegments` on the application;
//! 2. allow `GetSegment*` on everything in it, in any region;
//! 3. allow `GetCampaign` and `UpdateCampaign` on its campaigns;
//! 4. deny `UpdateCampaign` and `DeleteCampaign` on one of them;
//! 5. allow `DeleteCampaign` on another one;
//! 6. allow `UpdateSegment` and `DeleteSegment` on one segment;
//! 7. allow `GetCampaignDateRangeKpi` on the figures of all campaigns, in any region: a wildcard inside the resource;
//! 8. allow `SendMessages`;
//! 9. allow `GetJourney`, `UpdateJourney` and `UpdateJourneyState` on two journeys;
//! 10. deny `Delete*` on its channels, in any region.
//!
//! Ids are those of Pinpoint, 32 hexadecimal digits. Of the questions one is allowed, the next refused, and so on. The
//! refused ones meet an explicit deny, an application that nobody knows, another resource than the one that is named,
//! or an action that no statement has.

use pinpoint_iam::mobiletargeting::{
    App, Campaign, CampaignMetrics, Channel, DeleteApp, DeleteCampaign, DeleteEmailChannel,
    DeleteJourney, GetApp, GetCampaign, GetCampaignDateRangeKpi, GetSegmentVersions, Journey,
    Messages, Segment, SendMessages, UpdateCampaign, UpdateJourneyState, UpdateSegment,
};
use pinpoint_iam::resource::InvalidId;
use serde_json::{Value, json};

use super::{Circumstances, Question, SEED, Workload, arn, circumstances};
use crate::Failure;
use crate::random::Random;

/// How many teams W4 has; each has 100 statements.
pub const TEAMS_OF_W4: usize = 101;

/// How many different questions W4x has.
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

/// W2, with conditions: a question is drawn again, with other circumstances, until its answer is the one that is due.
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
            question.circumstances = Circumstances::draw(&mut random);
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

/// One application, by what the statements about it name.
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

/// The document with the statements of some applications.
pub(super) fn document(applications: &[Application], with_conditions: bool) -> String {
    let mut statements: Vec<_> = applications
        .iter()
        .flat_map(Application::statements)
        .collect();
    for (index, statement) in statements.iter_mut().enumerate() {
        if let Some(statement) = statement.as_object_mut() {
            statement.insert("Sid".to_owned(), format!("Statement{index}").into());
            if with_conditions {
                let conditions = circumstances::conditions(index);
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

    /// Its id.
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

/// A list of one as the element itself, as people write it.
fn one_or_all(items: &[String]) -> Value {
    match items {
        [only] => only.as_str().into(),
        _ => items.into(),
    }
}

/// The question of the turn: allowed (but for conditions) in even turns, refused in odd ones.
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
