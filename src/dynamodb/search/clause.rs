//! A condition of a request, and which of its tests DynamoDB decides.

use crate::dynamodb::expressions::{Condition, Node, Placeholders, Test};
use crate::error::Result;

use super::test_plan::{Answer, Plan, Planner, SentValue};

/// A condition of a request, and what becomes of it.
pub(super) struct Clause<'s, 'a> {
    pub(super) text: &'a str,
    pub(super) condition: Condition<'a>,
    /// Where each of its tests begins and ends.
    pub(super) places: Vec<(usize, usize)>,
    pub(super) plans: Vec<Plan<'s, 'a>>,
    pub(super) fates: Vec<Fate>,
}

impl<'s, 'a> Clause<'s, 'a> {
    pub(super) fn read(
        planner: Planner<'s>,
        parameter: &'static str,
        text: &'a str,
        placeholders: &Placeholders<'a>,
    ) -> Result<Self> {
        let (condition, places) = Condition::parse_with_places(parameter, text, placeholders)?;
        let mut plans = Vec::with_capacity(places.len());
        for test in condition.tests() {
            plans.push(planner.plan(test)?);
        }
        let fates = fates(&condition.nodes, &plans);
        Ok(Self { text, condition, places, plans, fates })
    }

    /// Its tests, which the places, the plans and the fates are of.
    pub(super) fn tests(&self) -> Vec<&Test<'a>> {
        let mut tests = Vec::with_capacity(self.places.len());
        for test in self.condition.tests() {
            tests.push(test);
        }
        tests
    }

    /// The values of the tests that are sent.
    pub(super) fn sent(&self) -> Vec<&SentValue<'s, 'a>> {
        let mut values = Vec::new();
        for (plan, fate) in self.plans.iter().zip(&self.fates) {
            if *fate == Fate::Sent {
                for value in &plan.values {
                    values.push(value);
                }
            }
        }
        values
    }
}

/// Whether a test is sent, or decided after opening.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Sent,
    /// For DynamoDB it holds for every item.
    True,
    /// For DynamoDB it holds for none.
    False,
}

/// The fate of each test of a condition: what DynamoDB leaves out must be nothing that was asked for.
fn fates(nodes: &[Node<'_>], plans: &[Plan<'_, '_>]) -> Vec<Fate> {
    let mut plans = plans.iter().rev();
    // Whether what comes next, from the end, makes the whole hold when it holds; the whole does.
    let mut helps = vec![true];
    let mut fates = Vec::new();
    for node in nodes.iter().rev() {
        let here = helps.pop().unwrap_or(true);
        match node {
            Node::Not => helps.push(!here),
            Node::And | Node::Or => {
                helps.push(here);
                helps.push(here);
            }
            Node::Test(_) => fates.push(match (plans.next().map(|plan| plan.answer), here) {
                (Some(Answer::Less | Answer::Unknown), true) => Fate::True,
                (Some(Answer::More | Answer::Unknown), false) => Fate::False,
                _ => Fate::Sent,
            }),
        }
    }
    fates.reverse();
    fates
}
