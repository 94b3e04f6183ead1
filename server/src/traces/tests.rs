use super::place::Place;

const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

#[test]
fn only_a_whole_traceparent_is_followed() {
    let place = Place::continued(PARENT).unwrap();
    assert!(place.sampled);
    assert_eq!(place.trace[..2], [0x0a, 0xf7]);
    assert_eq!(place.parent.unwrap()[..2], [0xb7, 0xad]);
    let unsampled = PARENT.replace("-01", "-00");
    assert!(!Place::continued(&unsampled).unwrap().sampled);
    for wrong in [
        "",
        "00",
        &PARENT.replace("00-", "01-"),
        &PARENT.replace('f', "F"),
        &PARENT.replace("0af7651916cd43dd8448eb211c80319c", &"0".repeat(32)),
        &PARENT.replace("b7ad6b7169203331", &"0".repeat(16)),
        &PARENT.replace("319c", "319"),
        &PARENT.replace("319c", "31é"),
        &format!("{PARENT}-00"),
    ] {
        assert_eq!(Place::continued(wrong), None, "{wrong}");
    }
}

#[test]
fn as_many_are_sampled_as_asked_for() {
    let sampled = |per_thousand| {
        let places = (0..2000).map(|_| Place::first(per_thousand));
        places.filter(|place| place.sampled).count()
    };
    assert_eq!(sampled(0), 0);
    assert_eq!(sampled(1000), 2000);
    // 1000 on average; five standard deviations to either side.
    assert!((888..=1112).contains(&sampled(500)));
}
