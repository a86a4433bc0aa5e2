//! Checks the assumptions of the figures: half of the questions are allowed, and every engine decides as the reference
//! evaluator does.

use pinpoint_iam_benches::Failure;
use pinpoint_iam_benches::workload::Workload;
use pinpoint_iam_benches_peers::{peers, pinpoint};

fn agrees(name: &str) -> Result<(), Failure> {
    let workload = Workload::named(name)?;
    let answers = workload.answers()?;
    assert_eq!(
        answers.iter().filter(|allowed| **allowed).count() * 2,
        answers.len()
    );
    let mut engines = pinpoint(&workload)?;
    engines.extend(peers(&workload)?);
    for engine in engines {
        for (index, expected) in answers.iter().enumerate() {
            assert_eq!(
                engine.decide(index),
                *expected,
                "{}, question {index} of {name}",
                engine.name()
            );
        }
    }
    Ok(())
}

#[test]
fn on_the_policies_of_the_seeds() -> Result<(), Failure> {
    agrees("W1")
}

#[test]
fn on_a_team() -> Result<(), Failure> {
    agrees("W2")
}

#[test]
fn on_a_team_with_conditions() -> Result<(), Failure> {
    agrees("W5")
}

#[test]
fn the_same_seed_gives_the_same_workload() -> Result<(), Failure> {
    let [one, other] = [Workload::named("W5")?, Workload::named("W5")?];
    assert_eq!(one.documents, other.documents);
    let questions = |workload: &Workload| -> Vec<_> {
        let questions = workload.questions.iter();
        questions
            .map(|question| (question.to_string(), question.context.clone()))
            .collect()
    };
    assert_eq!(questions(&one), questions(&other));
    Ok(())
}
