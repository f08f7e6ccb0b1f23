//! The events that a search puts into every order.

/// How the search begins.
#[derive(Clone, Copy)]
pub(crate) enum Start {
    /// The access token has ended.
    Ended,
    /// It is about to end, and works until then.
    Stale,
}

/// An event. The number says which refresher, or which late write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Action {
    Tick,
    Connect,
    Disconnect,
    /// The owner switches it off, or on again.
    Switch,
    /// A refresher has read the row and decides to refresh.
    Start(usize),
    /// It writes and gets the answer.
    Write(usize),
    /// It writes, the write is under way, no answer comes: it will write the same again.
    Delay(usize),
    /// A write that was under way arrives.
    Arrive(usize),
    /// It calls the provider, if there is time.
    Send(usize),
    /// The provider acts on the call.
    Process(usize),
    /// The provider's answer arrives.
    Answer(usize),
    /// The call fails for certain: it never reached the provider.
    Fail(usize),
    /// No answer comes in time, whether the provider acted or not.
    Lose(usize),
    Crash(usize),
}
