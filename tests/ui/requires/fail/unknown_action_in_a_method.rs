//! An error in a method is reported once.

use pinpoint_iam::{Denied, Guard, requires};

pub struct Apps;

impl Apps {
    #[requires(GetAp, guard = guard)]
    pub fn get_app(&self, guard: &Guard<'_>, application_id: &str) -> Result<(), Denied> {
        Ok(())
    }
}

pub trait Read {
    #[requires(GetAp, guard = guard)]
    fn get_app(&self, guard: &Guard<'_>, application_id: &str) -> Result<(), Denied> {
        Ok(())
    }
}

impl Read for Apps {
    #[requires(GetAp, guard = guard)]
    fn get_app(&self, guard: &Guard<'_>, application_id: &str) -> Result<(), Denied> {
        Ok(())
    }
}

fn main() {}
