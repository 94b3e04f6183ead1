//! What follows from what the page hears. No browser in here, so it is tested natively.

use gridpass_wire::{
    Answer, Ask, DeviceFacts, LabelFacts, LabelFor, LabelRefusal, LabelText, PendingFacts, Refusal,
    Secret, Step, Tell, WayOn,
};

use super::stage::{Act, CodeTrouble, Download, Heard, Hitch, Stage};

/// What the page knows beside what it shows.
#[derive(Debug, Default)]
pub(crate) struct Knowledge {
    /// The label in hand, read and good.
    pub(crate) label: Option<LabelFacts>,
    /// The text of the label in hand, also before it is read.
    pub(crate) text: Option<LabelText>,
    /// The provider's name, from the label or from what waits.
    pub(crate) provider: Option<String>,
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
        Self {
            stage: Some(stage),
            acts: Vec::new(),
        }
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
                Reaction::show(Stage::Ways(None))
                    .and(Act::StopCamera)
                    .and(Act::ForgetLabel)
            }
            Heard::DeviceIdTyped {
                device_id,
                copy_password,
            } => self.enroll(stage, device_id, copy_password),
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
        Reaction::show(Stage::Enrolling(Step::Keying)).and(Act::Ask(Ask::Enroll {
            device_id,
            copy_password,
        }))
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
                Reaction::show(Stage::Loading)
                    .and(Act::RestartWorker)
                    .and(Act::Ask(ask))
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
                if facts.kind == LabelFor::Gateway {
                    return Reaction::show(Stage::Reading)
                        .and(Act::StopCamera)
                        .and(Act::KeepLabel(text))
                        .and(Act::OpenGatewayPage);
                }
                self.text = Some(text.clone());
                self.provider = Some(facts.provider.clone());
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
            Tell::Answer(answer) => match answer {
                Answer::Enrolled(enrolled) => {
                    *self = Self::default();
                    Reaction::show(Stage::Done(enrolled, download))
                        .and(Act::ForgetLabel)
                        .and(Act::Persist)
                }
                Answer::Refused(refusal) => self.refused(refusal),
            },
        }
    }

    /// What was begun is finished first; a browser that is enrolled says so.
    fn found(&mut self, devices: Vec<DeviceFacts>, pending: Vec<PendingFacts>) -> Reaction {
        if let Some(pending) = pending.into_iter().next() {
            let PendingFacts {
                temporary_id,
                provider,
                ..
            } = pending;
            self.provider = Some(provider);
            self.waiting = Some(temporary_id.clone());
            return Reaction::show(Stage::Enrolling(Step::Confirmation))
                .and(Act::Ask(Ask::Resume { temporary_id }));
        }
        let stage = if devices.is_empty() {
            Stage::Ways(None)
        } else {
            Stage::Held(devices)
        };
        self.text = None;
        Reaction::show(stage)
            .and(Act::StopCamera)
            .and(Act::ForgetLabel)
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
                        let hitch = Hitch::WrongDeviceId {
                            remaining: *remaining,
                        };
                        Reaction::show(Stage::Ways(Some(hitch)))
                    }
                    (None, None, _) => Reaction::show(Stage::Ways(None)),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use gridpass_wire::{CertificateFacts, CopyOutcome, Enrolled, ExpiredReason, Keying};

    use super::*;
    use crate::pages::enroll::stage::{CameraView, Download};

    /// A page, driven by what it hears; keeps what it did.
    struct Page {
        stage: Stage,
        knowledge: Knowledge,
        acts: Vec<String>,
    }

    impl Page {
        fn new() -> Self {
            Self {
                stage: Stage::Loading,
                knowledge: Knowledge::default(),
                acts: Vec::new(),
            }
        }

        fn hear(&mut self, heard: Heard) -> &mut Self {
            let reaction = self.knowledge.react(&self.stage, heard);
            if let Some(stage) = reaction.stage {
                self.stage = stage;
            }
            self.acts = reaction.acts.iter().map(|act| format!("{act:?}")).collect();
            self
        }

        fn told(&mut self, tell: Tell) -> &mut Self {
            self.hear(Heard::Told(tell, None))
        }

        fn refused(&mut self, refusal: Refusal) -> &mut Self {
            self.told(Tell::Answer(Answer::Refused(refusal)))
        }

        fn type_device_id(&mut self) -> &mut Self {
            self.hear(Heard::DeviceIdTyped {
                device_id: secret(),
                copy_password: None,
            })
        }

        /// Whether one of the last acts begins so in its debug form.
        fn did(&self, act: &str) -> bool {
            self.acts.iter().any(|done| done.starts_with(act))
        }

        /// A page that asks for the device ID.
        fn at_device_id() -> Self {
            let mut page = Self::new();
            page.hear(Heard::Link(secret())).told(Tell::Label(label()));
            page
        }
    }

    fn secret() -> Secret {
        Secret::new("text".to_owned())
    }

    fn label() -> LabelFacts {
        LabelFacts {
            provider: "Green Mountain".to_owned(),
            expires_at: 1_800_000_000,
            keying: Keying::Instant,
            temporary_id: "id".to_owned(),
            kind: LabelFor::Device,
            text: LabelText::Link(secret()),
        }
    }

    fn device() -> DeviceFacts {
        DeviceFacts {
            enrollment_id: "e".to_owned(),
            provider: "Green Mountain".to_owned(),
            support_email: None,
            support_phone: None,
            profile: "default".to_owned(),
            poll_interval: 300,
            renew_before: 30,
            enrolled_at: 1_790_000_000,
            certificate: CertificateFacts {
                subject: String::new(),
                issuer: String::new(),
                serial: String::new(),
                not_before: 0,
                not_after: 0,
                fingerprint: String::new(),
                ven_fingerprint: String::new(),
                lfdi: String::new(),
                sfdi: String::new(),
            },
        }
    }

    fn pending() -> PendingFacts {
        PendingFacts {
            temporary_id: "id".to_owned(),
            provider: String::new(),
            started_at: 0,
        }
    }

    fn found(devices: Vec<DeviceFacts>, pending: Vec<PendingFacts>) -> Tell {
        Tell::Found { devices, pending }
    }

    #[test]
    fn a_link_leads_to_the_device_id_and_is_remembered_until_the_end() {
        let mut page = Page::new();
        page.hear(Heard::Link(secret()));
        assert_eq!(page.stage, Stage::Reading);
        assert!(page.did("KeepLabel") && page.did("Ask(Label"));
        page.told(Tell::Label(label()));
        assert_eq!(page.stage, Stage::DeviceId(None));
        page.type_device_id();
        assert!(page.did("Ask(Enroll") && !page.did("ForgetLabel"));
        let enrolled = Enrolled {
            device: device(),
            took: Some(1),
            copy: CopyOutcome::NotAsked,
        };
        page.told(Tell::Answer(Answer::Enrolled(Box::new(enrolled))));
        assert!(matches!(page.stage, Stage::Done(..)) && page.did("ForgetLabel"));
    }

    #[test]
    fn a_label_of_a_gateway_is_kept_for_the_page_that_connects_gateways() {
        let mut page = Page::new();
        page.hear(Heard::Link(secret()))
            .told(Tell::Label(LabelFacts {
                kind: LabelFor::Gateway,
                ..label()
            }));
        assert!(page.did("KeepLabel") && page.did("OpenGatewayPage") && !page.did("ForgetLabel"));
        assert_eq!(page.stage, Stage::Reading);
    }

    #[test]
    fn a_device_id_is_sent_once_however_often_the_form_is() {
        let mut page = Page::at_device_id();
        assert!(page.type_device_id().did("Ask(Enroll"));
        assert!(page.type_device_id().acts.is_empty());
    }

    #[test]
    fn a_browser_without_anything_shows_the_ways_and_an_enrolled_one_what_it_holds() {
        let mut page = Page::new();
        assert!(page.hear(Heard::Start(None)).did("Ask(Look"));
        assert_eq!(page.told(found(vec![], vec![])).stage, Stage::Ways(None));
        let mut page = Page::new();
        page.hear(Heard::Start(None))
            .told(found(vec![device()], vec![]));
        assert_eq!(page.stage, Stage::Held(vec![device()]));
        assert_eq!(page.hear(Heard::StartOver).stage, Stage::Ways(None));
    }

    #[test]
    fn what_was_begun_is_finished_before_anything_else() {
        let mut page = Page::new();
        page.hear(Heard::Start(None))
            .told(found(vec![device()], vec![pending()]));
        assert!(page.did("Ask(Resume") && matches!(page.stage, Stage::Enrolling(_)));
        assert!(page.hear(Heard::Link(secret())).acts.is_empty());
    }

    #[test]
    fn a_wrong_device_id_asks_again_for_the_same_label() {
        let mut page = Page::at_device_id();
        let wrong = Refusal::WrongDeviceId { remaining: 4 };
        page.type_device_id().refused(wrong.clone());
        assert_eq!(page.stage, Stage::DeviceId(Some(wrong)));
        assert!(page.type_device_id().did("Ask(Enroll"));
    }

    #[test]
    fn a_wrong_device_id_found_out_after_a_reload_reads_the_label_again() {
        let mut page = Page::new();
        let wrong = Refusal::WrongDeviceId { remaining: 4 };
        page.hear(Heard::Start(Some(LabelText::Link(secret()))))
            .told(found(vec![], vec![pending()]))
            .refused(wrong.clone());
        assert!(page.did("Ask(Label"));
        page.told(Tell::Label(label()));
        assert_eq!(page.stage, Stage::DeviceId(Some(wrong)));
    }

    #[test]
    fn a_wrong_device_id_without_its_label_says_so_where_the_label_is_handed_over() {
        let mut page = Page::new();
        page.hear(Heard::Start(None))
            .told(found(vec![], vec![pending()]));
        page.refused(Refusal::WrongDeviceId { remaining: 2 });
        assert_eq!(
            page.stage,
            Stage::Ways(Some(Hitch::WrongDeviceId { remaining: 2 }))
        );
    }

    #[test]
    fn a_broken_connection_is_taken_up_by_itself_and_nothing_is_forgotten() {
        let mut page = Page::at_device_id();
        page.type_device_id().refused(Refusal::Offline);
        assert_eq!(page.stage, Stage::Waiting(Refusal::Offline));
        assert!(!page.did("ForgetLabel"));
        assert!(page.hear(Heard::Online).did("Ask(Resume"));
    }

    #[test]
    fn only_a_broken_connection_is_taken_up_by_itself() {
        let mut page = Page::at_device_id();
        page.type_device_id().refused(Refusal::Unavailable);
        assert!(page.hear(Heard::Online).acts.is_empty());
        assert!(page.hear(Heard::Retry).did("Ask(Resume"));
    }

    #[test]
    fn giving_up_deletes_what_waits() {
        let mut page = Page::at_device_id();
        page.type_device_id()
            .refused(Refusal::Unavailable)
            .hear(Heard::GiveUp);
        assert!(page.did("Ask(Discard") && page.did("ForgetLabel"));
    }

    #[test]
    fn a_label_that_is_over_is_forgotten() {
        for refusal in [
            Refusal::Locked,
            Refusal::AlreadyEnrolled,
            Refusal::Expired(ExpiredReason::Superseded),
            Refusal::WrongDeviceId { remaining: 0 },
        ] {
            let mut page = Page::at_device_id();
            page.type_device_id().refused(refusal.clone());
            assert_eq!(page.stage, Stage::Refused(refusal));
            assert!(page.did("ForgetLabel"));
        }
    }

    #[test]
    fn a_refused_manual_code_goes_back_to_its_field() {
        let mut page = Page::new();
        page.hear(Heard::LabelTyped(LabelText::ManualCode(secret())))
            .told(Tell::LabelRefused(LabelRefusal::UnknownCode));
        assert_eq!(
            page.stage,
            Stage::Ways(Some(Hitch::Code(CodeTrouble::Unknown)))
        );
    }

    #[test]
    fn a_label_that_could_not_be_checked_is_tried_again_with_the_connection() {
        let mut page = Page::new();
        page.hear(Heard::Link(secret()))
            .told(Tell::LabelRefused(LabelRefusal::Offline));
        assert!(!page.did("ForgetLabel"));
        assert!(page.hear(Heard::Online).did("Ask(Label"));
    }

    #[test]
    fn a_dead_worker_is_replaced_and_the_label_read_anew() {
        let mut page = Page::at_device_id();
        page.told(Tell::Broken);
        assert_eq!(page.stage, Stage::Broken);
        page.hear(Heard::Retry);
        assert!(page.did("RestartWorker") && page.did("Ask(Label"));
    }

    #[test]
    fn a_camera_that_opens_late_is_let_go_of_while_enrolling() {
        let mut page = Page::at_device_id();
        page.type_device_id()
            .hear(Heard::Camera(Ok(CameraView::Looking)));
        assert!(page.did("StopCamera") && matches!(page.stage, Stage::Enrolling(_)));
    }

    #[test]
    fn a_protected_copy_stands_on_the_last_page() {
        let mut page = Page::at_device_id();
        let download = Download {
            url: "blob:x".to_owned(),
            file_name: "x.p12".to_owned(),
        };
        let copy = CopyOutcome::Made {
            file_name: "x.p12".to_owned(),
        };
        let enrolled = Enrolled {
            device: device(),
            took: Some(1),
            copy,
        };
        let tell = Tell::Answer(Answer::Enrolled(Box::new(enrolled)));
        page.type_device_id()
            .hear(Heard::Told(tell, Some(download.clone())));
        assert!(matches!(&page.stage, Stage::Done(_, Some(offered)) if *offered == download));
    }
}
