//! One enrollment on the page: what it shows, what it knows, and the hands it acts with.

use gridpass_wire::LabelFacts;
use leptos::prelude::*;

use super::{
    react::Knowledge,
    stage::{Act, Heard, Stage},
};

/// One enrollment on the page.
#[derive(Clone, Copy)]
pub(super) struct Flow {
    /// What the page shows.
    pub(super) stage: RwSignal<Stage>,
    /// The device ID as typed; kept over every refusal.
    pub(super) device_id: RwSignal<String>,
    /// The manual code as typed; kept over every refusal.
    pub(super) code: RwSignal<String>,
    knowledge: StoredValue<Knowledge>,
    #[cfg(feature = "hydrate")]
    client: StoredValue<Option<crate::client::Client>>,
}

impl Flow {
    /// A page at its beginning.
    pub(super) fn new() -> Self {
        Self {
            stage: RwSignal::new(Stage::Loading),
            device_id: RwSignal::default(),
            code: RwSignal::default(),
            knowledge: StoredValue::default(),
            #[cfg(feature = "hydrate")]
            client: StoredValue::default(),
        }
    }

    /// The label in hand.
    pub(super) fn label(self) -> Option<LabelFacts> {
        self.knowledge
            .with_value(|knowledge| knowledge.label.clone())
    }

    /// The name of the provider whose label it is.
    pub(super) fn provider(self) -> Option<String> {
        self.knowledge
            .with_value(|knowledge| knowledge.provider.clone())
    }

    /// Takes in what happened, shows what follows and does it.
    pub(super) fn hear(self, heard: Heard) {
        let Some(reaction) = self.knowledge.try_update_value(|knowledge| {
            self.stage
                .with_untracked(|stage| knowledge.react(stage, heard))
        }) else {
            return;
        };
        if let Some(stage) = reaction.stage
            && self.stage.with_untracked(|shown| *shown != stage)
        {
            self.stage.set(stage);
        }
        for act in reaction.acts {
            self.perform(act);
        }
    }

    /// Does something in the browser. On the server there is none, and nothing to do.
    pub(super) fn perform(self, act: Act) {
        #[cfg(feature = "hydrate")]
        if let Some(client) = self.client.get_value() {
            client.perform(act);
        }
        #[cfg(not(feature = "hydrate"))]
        drop(act);
    }
}

#[cfg(feature = "hydrate")]
mod alive {
    use leptos::{ev, html::Video, prelude::*};

    use super::{Flow, Heard, Stage};
    use crate::{
        client::{self, Client},
        pages::enroll::{FOCUS, stage::Page},
    };

    impl Flow {
        /// Comes to life: once the page is in the browser.
        pub(crate) fn start(self) {
            self.client
                .set_value(Some(Client::start(move |heard| self.hear(heard))));
            self.read_address();
            self.follow_with_focus();
        }

        /// Reads the label out of the address, now and whenever the address changes, and takes it
        /// out of address bar and history at once.
        fn read_address(self) {
            if !self.read_fragment() {
                self.hear(Heard::Start(Client::kept_label()));
            }
            let listener = window_event_listener(ev::hashchange, move |_| {
                self.read_fragment();
            });
            on_cleanup(move || listener.remove());
        }

        /// Whether there was a label in the address.
        fn read_fragment(self) -> bool {
            let Some(fragment) = crate::address::take_fragment() else {
                return false;
            };
            self.hear(Heard::Link(Client::link_of_fragment(&fragment)));
            true
        }

        /// Moves the focus to what a new page begins with. The first one is left to the browser.
        fn follow_with_focus(self) {
            let page = Memo::new(move |_| self.stage.with(Stage::page));
            Effect::new(move |before: Option<Page>| {
                let page = page.get();
                let is_first = before.is_none_or(|before| before == Page::Loading);
                let is_form = page == Page::DeviceId;
                if before != Some(page) && (is_form || !is_first) {
                    request_animation_frame(|| client::focus(FOCUS));
                }
                page
            });
        }

        /// Shows in `video` what the camera sees.
        pub(crate) fn show_camera(self, video: NodeRef<Video>) {
            Effect::new(move |_| {
                if let (Some(video), Some(client)) = (video.get(), self.client.get_value()) {
                    client.show_camera(video);
                }
            });
        }

        /// Whether the page runs in a browser inside another app.
        pub(crate) fn is_in_app(self) -> bool {
            client::is_in_app()
        }

        /// The address under which another browser goes on.
        pub(crate) fn link(self) -> String {
            self.knowledge
                .with_value(|knowledge| client::link_to_here(knowledge.text.as_ref()))
        }
    }
}

#[cfg(not(feature = "hydrate"))]
mod asleep {
    use leptos::{html::Video, prelude::*};

    use super::Flow;

    /// On the server only the first page is made, and none of this is asked for.
    impl Flow {
        pub(crate) fn start(self) {}

        pub(crate) fn show_camera(self, _video: NodeRef<Video>) {}

        pub(crate) fn is_in_app(self) -> bool {
            false
        }

        pub(crate) fn link(self) -> String {
            String::new()
        }
    }
}
