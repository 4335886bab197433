//! Lets a backend work where a case is: in a file of its own, or in the case's package, which lies on the disk and is read before
//! anything is asked.

use std::sync::Arc;

use super::backends::{Backend, BackendDocument};
use super::case::{CaseSet, EvalCase};
use super::checkout::Checkout;
use crate::document::uri;
use crate::language::Language;

/// Where the cases of a run are opened.
#[derive(Default)]
pub struct Workplace {
    workspace: bool,
    /// The package of the last case.
    checkout: Option<Checkout>,
}

impl Workplace {
    /// With the packages of the cases as workspaces, or without.
    pub fn new(workspace: bool) -> Self {
        Self { workspace, checkout: None }
    }

    /// Opens a case's file without its hole. With a workspace: once the backend has read what lies beside it. Returns how many
    /// tokens it remembers, where it says that.
    ///
    /// # Errors
    /// When the case carries no package, or the backend fails.
    pub async fn open(
        &mut self,
        set: &CaseSet,
        case: &EvalCase,
        language: &Arc<Language>,
        backend: &mut Backend,
    ) -> anyhow::Result<(BackendDocument, Option<usize>)> {
        let hole = set.hole(case);
        let text = format!("{}{}", hole.before, hole.after);
        if !self.workspace {
            let extension = language.config.extensions.first().map_or("txt", String::as_str);
            let uri = format!("file:///eval/{}.{extension}", case.id);
            return Ok((backend.open(&uri, language, &text)?, None));
        }
        // Kept until nobody looks into it any more.
        let before = self.checkout.take_if(|checkout| !checkout.has(case));
        let path = match &self.checkout {
            // The file is whole in the memory: what is open takes its place.
            Some(checkout) => checkout.take_out(set, case)?,
            None => {
                let checkout = self.checkout.insert(Checkout::new(set, case)?);
                backend.work_in(checkout.root())?;
                checkout.take_out(set, case)?
            }
        };
        let open = backend.open(&uri::of_path(&path), language, &text)?;
        let remembered = backend.remembered().await?;
        drop(before);
        Ok((open, remembered))
    }

    /// Closes a case's file, which is whole again from now on.
    ///
    /// # Errors
    /// When it cannot be written, or the backend fails.
    pub fn close(
        &self,
        set: &CaseSet,
        case: &EvalCase,
        open: &BackendDocument,
        backend: &mut Backend,
    ) -> anyhow::Result<()> {
        if let Some(checkout) = &self.checkout {
            checkout.put_back(set, case)?;
        }
        backend.close(open)
    }
}

#[cfg(test)]
mod tests;
