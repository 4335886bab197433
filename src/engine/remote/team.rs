//! Shares jobs among the servers of an engine, gives a job on to the next server where one fails, and tells of all servers as of one engine.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::watch;

use super::share::{self, Share};
use crate::engine::queue::{Queue, Ticket};
use crate::engine::{Capabilities, EngineError, Job, ModelInfo, OtherServer, Status};

/// One server of a team: who works for it takes jobs out of its queue, and says in its status how it does.
pub struct Member {
    /// Which documents it gets.
    pub share: Share,
    /// What it has to do.
    pub queue: Arc<Queue>,
    status: watch::Sender<Status>,
}

impl Member {
    fn new(share: Share) -> Self {
        Self { share, queue: Arc::default(), status: watch::Sender::new(Status::Loading(0.0)) }
    }

    /// Whether it has answered, and nothing is wrong with it.
    fn has_answered(&self) -> bool {
        matches!(&*self.status.borrow(), Status::Ready(_)) && self.is_well()
    }

    /// Whether it answers, as far as is known: one that has not been heard of yet may.
    fn is_well(&self) -> bool {
        !self.queue.is_closed()
            && match &*self.status.borrow() {
                Status::Ready(info) => info.server.as_ref().is_none_or(|server| server.trouble.is_none()),
                Status::Failed(_) => false,
                Status::Loading(_) | Status::Restarting => true,
            }
    }
}

/// The servers of one engine: one, or several.
pub struct Team {
    members: Vec<Member>,
    /// What is told to those who use the engine.
    shown: watch::Sender<Status>,
    /// The server that answered last.
    in_use: AtomicUsize,
    /// Held while a job is put into a queue, so that an older one never takes a newer one's place.
    moving: Mutex<()>,
    /// Held while the state of all is made and told, so that the last one told is the last one made.
    showing: Mutex<()>,
}

impl Team {
    /// A member for each of these, in their order.
    pub fn new(shares: Vec<Share>) -> Self {
        Self {
            members: shares.into_iter().map(Member::new).collect(),
            shown: watch::Sender::new(Status::Loading(0.0)),
            in_use: AtomicUsize::new(0),
            moving: Mutex::default(),
            showing: Mutex::default(),
        }
    }

    /// The member at a place.
    pub fn member(&self, at: usize) -> &Member {
        &self.members[at]
    }

    /// Whether there are several.
    pub fn has_others(&self) -> bool {
        self.members.len() > 1
    }

    /// Give a job to the server that has its document, or to the next one in the document's order that is well.
    pub fn send(&self, ticket: Ticket) {
        let _moving = self.moving.lock();
        match self.next(&ticket) {
            Some(at) => {
                // A newer one takes its place, wherever that went.
                let others = self.members.iter().enumerate().filter(|(other, _)| *other != at);
                others.for_each(|(_, member)| member.queue.withdraw(&ticket.job.document, ticket.job.lane));
                self.members[at].queue.push(ticket);
            }
            None => ticket.fail(self.nobody(&ticket.job)),
        }
    }

    /// Where a job goes that these servers have not done; none where nobody is left.
    fn next(&self, ticket: &Ticket) -> Option<usize> {
        let Job { document, language, .. } = &ticket.job;
        if !self.has_others() {
            return ticket.tried.is_empty().then_some(0);
        }
        let shares: Vec<Share> = self.members.iter().map(|member| member.share.clone()).collect();
        let mut left = share::order(&shares, document, language);
        left.retain(|at| !ticket.tried.contains(at));
        let first = |is: &dyn Fn(&Member) -> bool| left.iter().copied().find(|&at| is(&self.members[at]));
        first(&Member::has_answered)
            .or_else(|| first(&Member::is_well))
            .or_else(|| first(&|member| !member.queue.is_closed()))
    }

    /// Give a job that the server at `from` has not begun to answer to the next one. The ticket comes back where there is none.
    pub fn pass_on(&self, mut ticket: Ticket, from: usize) -> Result<(), Box<Ticket>> {
        let _moving = self.moving.lock();
        if ticket.is_over() {
            ticket.fail(EngineError::Cancelled);
            return Ok(());
        }
        ticket.tried.push(from);
        match self.next(&ticket) {
            Some(at) => {
                tracing::debug!(
                    from = self.members[from].share.name,
                    to = self.members[at].share.name,
                    "given on"
                );
                self.members[at].queue.push(ticket);
                Ok(())
            }
            None => Err(Box::new(ticket)),
        }
    }

    /// Why no server is asked at all.
    fn nobody(&self, job: &Job) -> EngineError {
        let shares: Vec<Share> = self.members.iter().map(|member| member.share.clone()).collect();
        let of_language = share::order(&shares, &job.document, &job.language);
        let mut of_language = of_language.into_iter().map(|at| &self.members[at]);
        let closed = of_language.find_map(|member| match &*member.status.borrow() {
            Status::Failed(why) => Some(why.clone()),
            _ => None,
        });
        EngineError::Unavailable(closed.unwrap_or_else(|| {
            let language = if job.language.is_empty() { "this language" } else { &job.language };
            format!("none of the [[remote.servers]] is for {language}; one without `languages` is for all")
        }))
    }

    /// The server at this place has answered a job.
    pub fn answered(&self, at: usize) {
        if self.in_use.swap(at, Ordering::Relaxed) != at {
            self.show();
        }
    }

    /// The server at this place is like this now.
    pub fn tell(&self, at: usize, status: Status) {
        self.members[at].status.send_replace(status);
        self.show();
    }

    /// What was told of the server at this place.
    pub fn told(&self, at: usize) -> Status {
        self.members[at].status.borrow().clone()
    }

    fn show(&self) {
        let _showing = self.showing.lock();
        let all: Vec<Status> = self.members.iter().map(|member| member.status.borrow().clone()).collect();
        let shown = merged(&all, self.in_use.load(Ordering::Relaxed));
        self.shown.send_if_modified(|known| {
            let changes = *known != shown;
            if changes {
                *known = shown;
            }
            changes
        });
    }

    /// What all of them are together.
    pub fn status(&self) -> watch::Receiver<Status> {
        self.shown.subscribe()
    }

    /// End everything: jobs get `error`.
    pub fn close(&self, error: &EngineError) {
        self.members.iter().for_each(|member| member.queue.close(error.clone()));
    }

    /// No job will ever run: the reason.
    pub fn fail(&self, why: &str) {
        self.close(&EngineError::Unavailable(why.to_owned()));
        (0..self.members.len()).for_each(|at| self.tell(at, Status::Failed(why.to_owned())));
    }

    /// How long the job that shows no sign of life for the longest time has shown none.
    pub fn stuck_for(&self) -> Duration {
        self.members.iter().map(|member| member.queue.stuck_for()).max().unwrap_or_default()
    }
}

/// The states of all servers as the state of one engine: the facts are those of the server at `in_use`, or of the first that is well where
/// that one is not; what can be asked of the engine is what all that have answered can do.
fn merged(all: &[Status], in_use: usize) -> Status {
    if let [one] = all {
        return one.clone();
    }
    let ready = |at: usize| match &all[at] {
        Status::Ready(info) => Some(info),
        _ => None,
    };
    let is_well = |info: &ModelInfo| info.server.as_ref().is_some_and(|server| server.trouble.is_none());
    let well = |at: &usize| ready(*at).is_some_and(|info| is_well(info));
    let places = || std::iter::once(in_use).chain(0..all.len());
    let waits = || all.iter().any(Status::is_coming);
    let Some(at) = places().find(well).or_else(|| places().find(|&at| ready(at).is_some() && !waits()))
    else {
        let failed = all.iter().find(|status| matches!(status, Status::Failed(_)));
        return failed.filter(|_| !waits()).cloned().unwrap_or(Status::Loading(0.0));
    };
    let Some(info) = ready(at) else { return Status::Loading(0.0) };
    let mut info = ModelInfo::clone(info);
    let others = (0..all.len()).filter(|&other| other != at);
    if let Some(server) = &mut info.server {
        server.others = others.filter_map(ready).filter_map(|info| other_server(info)).collect();
    }
    let known = (0..all.len()).filter_map(ready).filter(|info| is_well(info));
    info.capabilities = known.map(|info| info.capabilities).fold(info.capabilities, Capabilities::and);
    Status::Ready(Arc::new(info))
}

fn other_server(info: &ModelInfo) -> Option<OtherServer> {
    let server = info.server.as_ref()?;
    Some(OtherServer { host: server.host.clone(), model: info.name.clone(), trouble: server.trouble.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::ServerInfo;

    fn ready(host: &str, trouble: Option<&str>) -> Status {
        let server =
            ServerInfo { host: host.into(), trouble: trouble.map(str::to_owned), ..ServerInfo::default() };
        Status::Ready(Arc::new(ModelInfo {
            name: format!("model of {host}"),
            server: Some(server),
            ..ModelInfo::default()
        }))
    }

    fn shown(all: &[Status], in_use: usize) -> (String, Option<String>, usize) {
        let Status::Ready(info) = merged(all, in_use) else { panic!("{:?}", merged(all, in_use)) };
        let server = info.server.clone().unwrap();
        (server.host, server.trouble, server.others.iter().filter(|other| other.trouble.is_some()).count())
    }

    #[test]
    fn one_that_has_answered_comes_before_one_that_has_not_yet() {
        let share = |name: &str| Share { name: name.into(), weight: 1, ..Share::default() };
        let team = Team::new(vec![share("a"), share("b")]);
        let ticket = |number: usize| {
            let (updates, _) = tokio::sync::mpsc::unbounded_channel();
            let job = Job { document: format!("{number}.py"), ..super::super::worker::sample() };
            Ticket::new(job, crate::cancel::CancelToken::never(), updates)
        };
        let places = || (0..20).map(|number| team.next(&ticket(number)).unwrap()).collect::<Vec<_>>();
        assert!(places().contains(&0) && places().contains(&1), "nothing is known of either");
        team.tell(1, ready("b", None));
        assert_eq!(places(), [1; 20]);
        team.tell(0, ready("a", None));
        assert!(places().contains(&0));
        team.tell(0, ready("a", Some("down")));
        team.tell(1, Status::Loading(0.0));
        assert_eq!(places(), [1; 20], "perhaps this one is well");
    }

    #[test]
    fn the_server_in_use_is_shown_and_one_that_is_well_in_its_place() {
        let (a, b, down) = (ready("a", None), ready("b", None), ready("a", Some("down")));
        assert_eq!(shown(&[a.clone(), b.clone()], 1), ("b".into(), None, 0));
        assert_eq!(shown(&[down.clone(), b], 0), ("b".into(), None, 1));
        assert_eq!(shown(&[down.clone(), ready("b", Some("too"))], 1), ("b".into(), Some("too".into()), 1));
        let loading = Status::Loading(0.0);
        assert_eq!(shown(&[loading.clone(), a.clone()], 0), ("a".into(), None, 0));
        assert_eq!(merged(&[loading.clone(), down], 0), loading, "perhaps the other one is well");
        assert_eq!(merged(std::slice::from_ref(&a), 0), a);
        let failed = Status::Failed("wrong".into());
        assert_eq!(merged(&[failed.clone(), failed.clone()], 0), failed);
    }

    #[test]
    fn nothing_is_asked_that_one_of_them_cannot_do() {
        let mut none = ready("a", None);
        if let Status::Ready(info) = &mut none {
            Arc::make_mut(info).capabilities.log_probabilities = false;
        }
        let Status::Ready(info) = merged(&[ready("b", None), none], 0) else { panic!() };
        assert!(!info.capabilities.log_probabilities && info.capabilities.token_ids);
    }
}
