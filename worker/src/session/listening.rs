//! Listening for news, one stream an enrollment.

use gridpass_wire::DeviceTell;
use web_sys::AbortController;

use super::Session;
use crate::wake::{self, Heard};

impl Session {
    /// Listens until the stream ends; `tell` is told what is heard.
    pub(super) async fn listen(
        &self,
        enrollment_id: &str,
        tell: &impl Fn(DeviceTell),
    ) -> DeviceTell {
        self.stop_listening(enrollment_id);
        let Ok(controller) = AbortController::new() else {
            return DeviceTell::Deaf;
        };
        let signal = controller.signal();
        let kept = (enrollment_id.to_owned(), controller);
        self.listening.borrow_mut().push(kept);
        let hear = |heard| {
            tell(match heard {
                Heard::Silence => DeviceTell::Listening,
                Heard::Items => DeviceTell::News,
            });
        };
        // However it ended: the page goes on by looking for messages.
        let _ = wake::listen(enrollment_id, &signal, hear).await;
        DeviceTell::Deaf
    }

    /// Ends the stream of an enrollment, if there is one.
    pub(super) fn stop_listening(&self, enrollment_id: &str) {
        let mut listening = self.listening.borrow_mut();
        listening.retain(|(id, controller)| {
            let stays = id != enrollment_id;
            if !stays {
                controller.abort();
            }
            stays
        });
    }
}
