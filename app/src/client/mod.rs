//! The customer's enrollment in the browser: worker, camera, pictures, what the browser remembers.
//!
//! The only place in this crate that uses `web-sys`. The page tells it what to do ([`Act`]) and
//! hears from it ([`Heard`]). It holds no cryptography; that is the worker's.

mod bridge;
mod browser;
mod camera;
mod picture;

use std::{
    cell::{Cell, RefCell},
    rc::{Rc, Weak},
    time::Duration,
};

use gridpass_wire::{
    Answer, Ask, Asked, CopyOutcome, Effort, LabelRefusal, LabelText, Picture, Secret, Tell, Told,
};
use js_sys::ArrayBuffer;
use leptos::prelude::*;
use leptos::web_sys::HtmlVideoElement;

use gridpass_protocol::handover::HANDOVER_PATH;

use crate::pages::enroll::{Act, CameraTrouble, CameraView, Download, Heard, PictureEvent};
use bridge::Bridge;
pub(crate) use browser::{focus, is_in_app, link_to_here};
use camera::Camera;
use picture::{Found, Pixels};

/// How long the worker may look at a frame of the camera, and at a photo, before it is ended: rqrr never gets
/// done with some pictures (its ancestor quirc's issue 162).
const FRAME_PATIENCE: Duration = Duration::from_secs(10);
const PHOTO_PATIENCE: Duration = Duration::from_secs(60);

/// Handle on everything the page set going in the browser; all of it ends with the page.
#[derive(Clone, Copy)]
pub(crate) struct Client(StoredValue<Rc<Inner>, LocalStorage>);

type Hear = Box<dyn Fn(Heard)>;

struct Inner {
    hear: Hear,
    bridge: RefCell<Option<Bridge>>,
    camera: RefCell<Option<Camera>>,
    /// Where the camera's picture is shown, once the page has made the place.
    video: RefCell<Option<HtmlVideoElement>>,
    /// Number of the last ask; answers to earlier ones are no longer wanted.
    turn: Cell<u32>,
    /// Number of the ask with the camera frame that the worker looks at.
    frame: Cell<Option<u32>>,
    /// When the picture that the worker looks at is given up.
    patience: Cell<Option<TimeoutHandle>>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.stop_waiting();
    }
}

impl Client {
    /// Gets ready; `hear` is told of everything that happens from now on.
    pub(crate) fn start(hear: impl Fn(Heard) + 'static) -> Self {
        let inner = Rc::new(Inner {
            hear: Box::new(hear),
            bridge: RefCell::default(),
            camera: RefCell::default(),
            video: RefCell::default(),
            turn: Cell::default(),
            frame: Cell::default(),
            patience: Cell::default(),
        });
        browser::on_online({
            let inner = Rc::downgrade(&inner);
            move || hear_if_there(&inner, Heard::Online)
        });
        Self(StoredValue::new_local(inner))
    }

    /// The label this tab had before a reload.
    pub(crate) fn kept_label() -> Option<LabelText> {
        browser::kept_label()
    }

    /// Makes the text of a label's link from what is behind `#` in the page's address.
    pub(crate) fn link_of_fragment(fragment: &str) -> Secret {
        browser::link_of_fragment(fragment)
    }

    /// Says where to show what the camera sees.
    pub(crate) fn show_camera(self, video: HtmlVideoElement) {
        self.with(|inner| {
            inner.video.replace(Some(video));
            inner.run_camera();
        });
    }

    /// Does what the page wants done.
    pub(crate) fn perform(self, act: Act) {
        self.with(|inner| inner.perform(act));
    }

    /// The page may be gone already when a late event arrives.
    fn with(self, use_it: impl FnOnce(&Rc<Inner>)) {
        if let Some(inner) = self.0.try_get_value() {
            use_it(&inner);
        }
    }
}

fn hear_if_there(inner: &Weak<Inner>, heard: Heard) {
    if let Some(inner) = inner.upgrade() {
        (inner.hear)(heard);
    }
}

impl Inner {
    fn perform(self: &Rc<Self>, act: Act) {
        match act {
            Act::Ask(ask) => self.ask(ask, None),
            Act::KeepLabel(text) => browser::keep_label(&text),
            Act::ForgetLabel => browser::forget_label(),
            Act::OpenCamera => self.open_camera(),
            Act::StopCamera => self.stop_camera(),
            Act::ReadPicture(event) => self.read_picture(event),
            Act::Copy(text) => browser::copy(&text),
            Act::RestartWorker => {
                self.bridge.take();
            }
            Act::OpenGatewayPage => browser::open(HANDOVER_PATH),
            Act::Persist => browser::persist(),
        }
    }

    /// Asks the worker, which is started by the first ask.
    fn ask(self: &Rc<Self>, ask: Ask, bytes: Option<&ArrayBuffer>) {
        let turn = self.turn.get() + 1;
        self.turn.set(turn);
        self.frame.take();
        self.stop_waiting();
        let mut bridge = self.bridge.borrow_mut();
        if bridge.is_none() {
            *bridge = self.start_worker();
        }
        match &*bridge {
            Some(bridge) => bridge.ask(&Asked { turn, ask }, bytes),
            None => self.hear_later(Heard::Told(Tell::Broken, None)),
        }
    }

    fn start_worker(self: &Rc<Self>) -> Option<Bridge> {
        let inner = Rc::downgrade(self);
        Bridge::start(move |told, bytes| {
            if let Some(inner) = inner.upgrade() {
                inner.told(told, bytes);
            }
        })
    }

    /// Tells the page when it has finished with what it is doing now.
    fn hear_later(self: &Rc<Self>, heard: Heard) {
        let inner = Rc::downgrade(self);
        leptos::task::spawn_local(async move { hear_if_there(&inner, heard) });
    }

    fn told(self: &Rc<Self>, told: Told, bytes: Option<ArrayBuffer>) {
        let Told { turn, tell } = told;
        if turn != 0 && turn != self.turn.get() {
            return;
        }
        if tell != Tell::Ready {
            self.stop_waiting();
        }
        if self.frame.get() == Some(turn) {
            let view = match tell {
                Tell::NoSymbol => Some(CameraView::Looking),
                Tell::LabelRefused(LabelRefusal::NotALabel) => Some(CameraView::OtherCode),
                _ => None,
            };
            if let Some(view) = view {
                self.frame.take();
                (self.hear)(Heard::Camera(Ok(view)));
                return self.look_again();
            }
        }
        let download = download_of(&tell, bytes);
        (self.hear)(Heard::Told(tell, download));
    }

    fn open_camera(self: &Rc<Self>) {
        self.stop_camera();
        (self.hear)(Heard::Camera(Ok(CameraView::Asking)));
        let inner = Rc::downgrade(self);
        leptos::task::spawn_local(async move {
            let opened = Camera::open().await;
            // Dropping the camera of a page that has gone on meanwhile lets go of it.
            let Some(inner) = inner.upgrade() else { return };
            match opened {
                Ok(camera) => {
                    if inner.video.borrow().is_some() {
                        inner.camera.replace(Some(camera));
                        inner.run_camera();
                    }
                }
                Err(trouble) => inner.camera_failed(trouble),
            }
        });
    }

    fn camera_failed(&self, trouble: CameraTrouble) {
        if self.video.take().is_some() {
            (self.hear)(Heard::Camera(Err(trouble)));
        }
    }

    /// Starts looking once there are a camera and a place to show it.
    fn run_camera(self: &Rc<Self>) {
        let camera = self.camera.borrow();
        let video = self.video.borrow();
        if let (Some(camera), Some(video)) = (&*camera, &*video) {
            camera.show_on(video);
            let inner = Rc::downgrade(self);
            leptos::task::spawn_local(async move {
                if let Some(inner) = inner.upgrade() {
                    (inner.hear)(Heard::Camera(Ok(CameraView::Looking)));
                    inner.look_again();
                }
            });
        }
    }

    /// Sends the next frame to the worker when it is due.
    fn look_again(self: &Rc<Self>) {
        let inner = Rc::downgrade(self);
        if let Some(camera) = &*self.camera.borrow() {
            camera.at_next_frame(move || {
                if let Some(inner) = inner.upgrade() {
                    inner.look();
                }
            });
        }
    }

    fn look(self: &Rc<Self>) {
        let pixels = match (&*self.camera.borrow(), &*self.video.borrow()) {
            (Some(camera), Some(video)) => camera.frame(video),
            _ => return,
        };
        match pixels {
            Some(pixels) => {
                self.look_at(&pixels, Effort::Frame);
                self.frame.set(Some(self.turn.get()));
            }
            None => self.look_again(),
        }
    }

    fn look_at(self: &Rc<Self>, pixels: &Pixels, effort: Effort) {
        let Pixels {
            width,
            height,
            buffer,
        } = pixels;
        let picture = Picture {
            width: *width,
            height: *height,
            effort,
        };
        self.ask(Ask::Picture(picture), Some(buffer));
        self.wait(match effort {
            Effort::Frame => FRAME_PATIENCE,
            Effort::Thorough => PHOTO_PATIENCE,
        });
    }

    /// Gives up the picture that was just handed to the worker if it takes longer than this.
    fn wait(self: &Rc<Self>, patience: Duration) {
        let (inner, turn) = (Rc::downgrade(self), self.turn.get());
        let give_up = move || {
            if let Some(inner) = inner.upgrade() {
                inner.give_up(turn, patience);
            }
        };
        self.patience
            .set(set_timeout_with_handle(give_up, patience).ok());
    }

    /// Ends a worker that is lost in a picture; the next ask starts another one.
    fn give_up(self: &Rc<Self>, turn: u32, patience: Duration) {
        let is_ready = self.bridge.borrow().as_ref().map(Bridge::is_ready);
        if is_ready == Some(false) {
            // It is still being loaded.
            return self.wait(patience);
        }
        self.bridge.take();
        let tell = Tell::NoSymbol;
        self.told(Told { turn, tell }, None);
    }

    fn stop_waiting(&self) {
        if let Some(patience) = self.patience.take() {
            patience.clear();
        }
    }

    fn stop_camera(&self) {
        self.frame.take();
        self.camera.take();
        self.video.take();
    }

    fn read_picture(self: &Rc<Self>, event: PictureEvent) {
        let file = match picture::found(event) {
            Found::File(file) => file,
            Found::Link(link) => return (self.hear)(Heard::Link(Secret::new(link))),
            Found::Nothing => return,
        };
        (self.hear)(Heard::PictureOpened);
        // What is being opened counts as asked: a late answer to anything before is not wanted.
        self.turn.set(self.turn.get() + 1);
        let turn = self.turn.get();
        let inner = Rc::downgrade(self);
        leptos::task::spawn_local(async move {
            let pixels = picture::open(&file).await;
            let Some(inner) = inner.upgrade() else { return };
            if inner.turn.get() != turn {
                return;
            }
            match pixels {
                Some(pixels) => inner.look_at(&pixels, Effort::Thorough),
                None => (inner.hear)(Heard::PictureFailed),
            }
        });
    }
}

/// Makes a protected copy downloadable.
fn download_of(tell: &Tell, bytes: Option<ArrayBuffer>) -> Option<Download> {
    let Tell::Answer(Answer::Enrolled(enrolled)) = tell else {
        return None;
    };
    let CopyOutcome::Made { file_name } = &enrolled.copy else {
        return None;
    };
    let url = browser::object_url(&bytes?, "application/x-pkcs12")?;
    Some(Download {
        url,
        file_name: file_name.clone(),
    })
}
