//! What follows from what the page hears. No browser in here, so it is tested natively.

use gridpass_wire::{
    Answer, Ask, DeviceFacts, LabelFacts, LabelRefusal, LabelText, PendingFacts, Refusal, Secret,
    Step, Tell, WayOn,
};

use super::stage::{Act, CodeTrouble, Download, Heard, Hitch, Stage};

/// What the page knows beside what it shows.
#[derive(Debug, Default)]
pub(crate) struct Knowledge {
    /// The label in hand, read and good.
    pub(crate) label: Option<LabelFacts>,
    /// The text of the label in hand, also before it is read.
    pub(crate) text: Option<LabelText>,
    /// Names the enrollment that waits for its answer.
    waiting: Option<String>,
    /// What was wrong with the device ID, to be said when the label has been read again.
    wrong: Option<Refusal>,
}

/// What follows from something heard.
#[derive(Debug, Default)]
pub(crate) struct Reaction {
    /// What to show from now on, when that changes.
    pub(crate) stage: Option<Stage>,
    /// What to do.
    pub(crate) acts: Vec<Act>,
}

impl Reaction {
    fn show(stage: Stage) -> Self {
        Self { stage: Some(stage), acts: Vec::new() }
    }

    fn and(mut self, act: Act) -> Self {
        self.acts.push(act);
        self
    }
}

impl Knowledge {
    /// What follows from `heard` while the page shows `stage`.
    pub(crate) fn react(&mut self, stage: &Stage, heard: Heard) -> Reaction {
        let is_busy = matches!(stage, Stage::Enrolling(_));
        match heard {
            Heard::Start(None) => Reaction::show(Stage::Loading).and(Act::Ask(Ask::Look)),
            // A confirmation on its way is finished first: the link can be opened again.
            Heard::Link(_) if is_busy => Reaction::default(),
            Heard::Start(Some(text)) | Heard::LabelTyped(text) => self.read(text),
            Heard::Link(link) => self.read(LabelText::Link(link)),
            Heard::Told(tell, download) => self.told(stage, tell, download),
            Heard::Camera(_) | Heard::PictureOpened | Heard::PictureFailed if is_busy => {
                Reaction::default().and(Act::StopCamera)
            }
            Heard::Camera(Ok(view)) => Reaction::show(Stage::Camera(view)),
            Heard::Camera(Err(trouble)) => {
                Reaction::show(Stage::Ways(Some(Hitch::Camera(trouble))))
            }
            Heard::PictureOpened => Reaction::show(Stage::Reading),
            Heard::PictureFailed => Reaction::show(Stage::Ways(Some(Hitch::NotAPicture))),
            Heard::Online => match stage {
                Stage::Waiting(Refusal::Offline) | Stage::LabelRefused(LabelRefusal::Offline) => {
                    self.retry(stage)
                }
                _ => Reaction::default(),
            },
            Heard::StartOver => {
                *self = Self::default();
                Reaction::show(Stage::Ways(None)).and(Act::StopCamera).and(Act::ForgetLabel)
            }
            Heard::DeviceIdTyped { device_id, copy_password } => {
                self.enroll(stage, device_id, copy_password)
            }
            Heard::Retry => self.retry(stage),
            Heard::GiveUp => match self.waiting.take() {
                Some(temporary_id) => Reaction::show(Stage::Loading)
                    .and(Act::ForgetLabel)
                    .and(Act::Ask(Ask::Discard { temporary_id })),
                None => Reaction::show(Stage::Ways(None)),
            },
        }
    }

    fn read(&mut self, text: LabelText) -> Reaction {
        self.text = Some(text.clone());
        self.label = None;
        Reaction::show(Stage::Reading)
            .and(Act::StopCamera)
            .and(Act::KeepLabel(text.clone()))
            .and(Act::Ask(Ask::Label(text)))
    }

    /// Only the form sends a device ID, and a form that has been sent is gone: nothing is ever
    /// sent twice.
    fn enroll(
        &mut self,
        stage: &Stage,
        device_id: Secret,
        copy_password: Option<Secret>,
    ) -> Reaction {
        let (Stage::DeviceId(_), Some(label)) = (stage, &self.label) else {
            return Reaction::default();
        };
        self.waiting = Some(label.temporary_id.clone());
        Reaction::show(Stage::Enrolling(Step::Keying))
            .and(Act::Ask(Ask::Enroll { device_id, copy_password }))
    }

    fn retry(&mut self, stage: &Stage) -> Reaction {
        match (stage, &self.waiting, &self.text) {
            (Stage::Waiting(_), Some(temporary_id), _) => {
                let temporary_id = temporary_id.clone();
                Reaction::show(Stage::Enrolling(Step::Confirmation))
                    .and(Act::Ask(Ask::Resume { temporary_id }))
            }
            (Stage::Broken, _, text) => {
                let ask = text.clone().map_or(Ask::Look, Ask::Label);
                Reaction::show(Stage::Loading).and(Act::RestartWorker).and(Act::Ask(ask))
            }
            (Stage::LabelRefused(_), _, Some(text)) => {
                Reaction::show(Stage::Reading).and(Act::Ask(Ask::Label(text.clone())))
            }
            _ => Reaction::show(Stage::Loading).and(Act::Ask(Ask::Look)),
        }
    }

    fn told(&mut self, stage: &Stage, tell: Tell, download: Option<Download>) -> Reaction {
        match tell {
            Tell::Ready => Reaction::default(),
            Tell::Broken => Reaction::show(Stage::Broken).and(Act::StopCamera),
            Tell::NoVault => Reaction::show(Stage::NoVault).and(Act::StopCamera),
            Tell::Found { devices, pending } => self.found(devices, pending),
            Tell::NoSymbol => Reaction::show(Stage::Ways(Some(Hitch::NoSymbol))),
            Tell::Label(facts) => {
                let text = facts.text.clone();
                self.text = Some(text.clone());
                self.label = Some(facts);
                Reaction::show(Stage::DeviceId(self.wrong.take()))
                    .and(Act::StopCamera)
                    .and(Act::KeepLabel(text))
            }
            Tell::LabelRefused(refusal) => self.label_refused(refusal),
            Tell::Progress(step) => match stage {
                Stage::Enrolling(_) => Reaction::show(Stage::Enrolling(step)),
                _ => Reaction::default(),
            },
            Tell::Answer(answer) => match *answer {
                Answer::Enrolled(enrolled) => {
                    *self = Self::default();
                    Reaction::show(Stage::Done(Box::new(enrolled), download))
                        .and(Act::ForgetLabel)
                        .and(Act::Persist)
                }
                Answer::Refused(refusal) => self.refused(refusal),
            },
        }
    }

    /// What was begun is finished first; a browser that is enrolled says so.
    fn found(&mut self, devices: Vec<DeviceFacts>, pending: Vec<PendingFacts>) -> Reaction {
        if let Some(PendingFacts { temporary_id, .. }) = pending.into_iter().next() {
            self.waiting = Some(temporary_id.clone());
            return Reaction::show(Stage::Enrolling(Step::Confirmation))
                .and(Act::Ask(Ask::Resume { temporary_id }));
        }
        let stage = if devices.is_empty() { Stage::Ways(None) } else { Stage::Held(devices) };
        self.text = None;
        Reaction::show(stage).and(Act::StopCamera).and(Act::ForgetLabel)
    }

    fn label_refused(&mut self, refusal: LabelRefusal) -> Reaction {
        let code_trouble = match refusal {
            LabelRefusal::MistypedCode => Some(CodeTrouble::Mistyped),
            LabelRefusal::UnknownCode => Some(CodeTrouble::Unknown),
            _ => None,
        };
        if let Some(trouble) = code_trouble {
            self.text = None;
            return Reaction::show(Stage::Ways(Some(Hitch::Code(trouble)))).and(Act::ForgetLabel);
        }
        let may_come_right = matches!(
            refusal,
            LabelRefusal::Offline | LabelRefusal::Unavailable | LabelRefusal::RateLimited { .. }
        );
        let reaction = Reaction::show(Stage::LabelRefused(refusal)).and(Act::StopCamera);
        if may_come_right {
            return reaction;
        }
        self.text = None;
        reaction.and(Act::ForgetLabel)
    }

    fn refused(&mut self, refusal: Refusal) -> Reaction {
        match refusal.way_on() {
            WayOn::SendAgain => Reaction::show(Stage::Waiting(refusal)),
            WayOn::NewLabel => {
                *self = Self::default();
                Reaction::show(Stage::Refused(refusal)).and(Act::ForgetLabel)
            }
            WayOn::DeviceId => {
                self.waiting = None;
                match (&self.label, &self.text, &refusal) {
                    (Some(_), ..) => Reaction::show(Stage::DeviceId(Some(refusal))),
                    // After a reload the label has to be read again before the form can be sent.
                    (None, Some(text), _) => {
                        let ask = Ask::Label(text.clone());
                        self.wrong = Some(refusal);
                        Reaction::show(Stage::Reading).and(Act::Ask(ask))
                    }
                    (None, None, Refusal::WrongDeviceId { remaining }) => {
                        let hitch = Hitch::WrongDeviceId { remaining: *remaining };
                        Reaction::show(Stage::Ways(Some(hitch)))
                    }
                    (None, None, _) => Reaction::show(Stage::Ways(None)),
                }
            }
        }
    }
}
