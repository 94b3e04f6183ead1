//! A real gateway process against a real portal process, with the power going at any moment.

mod house;
#[cfg(feature = "pkcs11")]
#[path = "process/token.rs"]
mod token;

use std::time::Duration;

use gridpass_bench::Failure;
use house::{DEVICE_ID, House, Running};

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_enrols_whenever_the_power_goes() -> Result<(), Failure> {
    let house = House::new().await?;
    let label = house.register(DEVICE_ID).await?;
    // The confirmation is sealed and on the disk before it is sent: from then on it is the same.
    for milliseconds in [5, 10, 20, 40, 60, 80, 120] {
        let mut enroll = house.spawn(&["enroll", &label.link])?;
        enroll.wait_at_most(Duration::from_millis(milliseconds))?;
    }
    if house.status()?.starts_with("enrolled with") {
        // The last of them was fast enough: then the provider knows it.
    } else {
        house.run(&["enroll", &label.link])?;
    }
    assert!(house.status()?.starts_with("enrolled with"));
    assert_eq!(house.state_of(&label)?, "issued");
    let again = house.run(&["enroll", &label.link]).unwrap_err();
    assert!(again.to_string().contains("enrolled already"), "{again}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_goes_on_speaking_whenever_the_power_goes() -> Result<(), Failure> {
    let house = House::new().await?;
    let label = house.register(DEVICE_ID).await?;
    house.run(&["enroll", &label.link])?;
    for milliseconds in (20..400).step_by(20) {
        let mut running = house.spawn(&["run"])?;
        running.wait_at_most(Duration::from_millis(milliseconds))?;
        assert!(!running.has_ended()?, "{}", house.log()?);
        running.kill()?;
    }
    let heard = house.answered()?;
    let mut running = house.spawn(&["run"])?;
    house.until("another message is answered", || {
        Ok(house.answered()? > heard)
    })?;
    running.terminate()?;
    assert_eq!(running.status()?, Some(0), "{}", house.log()?);
    // Nothing that was cut off looked like a copy of the key.
    assert_eq!(house.state_of(&label)?, "active");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_device_id_is_told_and_the_right_one_still_counts() -> Result<(), Failure> {
    let house = House::new().await?;
    let label = house.register("SN-9999-0000").await?;
    let wrong = house.run(&["enroll", &label.link]).unwrap_err();
    assert!(wrong.to_string().contains("4 tries are left"), "{wrong}");
    house.run(&[
        "enroll",
        &label.manual_code,
        "--portal",
        &house.origin(),
        "--device-id",
        "SN-9999-0000",
    ])?;
    assert_eq!(house.state_of(&label)?, "issued");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_disk_of_a_gateway_in_another_one_ends_and_is_not_started_again() -> Result<(), Failure>
{
    let house = House::new().await?;
    let label = house.register(DEVICE_ID).await?;
    house.run(&["enroll", &label.link])?;
    let mut running = house.spawn(&["run"])?;
    house.until("the gateway has said hello", || Ok(house.answered()? > 0))?;
    running.terminate()?;
    house.configure("SN-9999-0000")?;
    let mut running = house.spawn(&["run"])?;
    running.wait_at_most(Duration::from_secs(30))?;
    assert_eq!(running.status()?, Some(3), "{}", house.log()?);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_enrols_over_est() -> Result<(), Failure> {
    let house = House::new().await?;
    let label = house.register(DEVICE_ID).await?;
    let wrong = house
        .run(&[
            "enroll",
            "--est",
            "--device-id",
            "SN-9999-0000",
            &label.link,
        ])
        .unwrap_err();
    assert!(!wrong.to_string().contains("panicked"), "{wrong}");
    house.run(&["enroll", "--est", "--device-id", DEVICE_ID, &label.link])?;
    // It fetched its settings with the new certificate: that was its first word.
    assert_eq!(house.state_of(&label)?, "active");
    let mut running = house.spawn(&["run"])?;
    house.until("the gateway has said hello", || Ok(house.answered()? > 0))?;
    running.terminate()?;
    assert_eq!(house.state_of(&label)?, "active");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_power_cuts_in_the_middle_of_renewals_leave_one_working_key() -> Result<(), Failure> {
    const CUTS: u64 = 50;
    let house = House::that_always_renews().await?;
    let label = house.register(DEVICE_ID).await?;
    house.run(&["enroll", &label.link])?;
    let certificates = house.renews_through(CUTS, Running::kill)?;
    assert!(certificates > 5, "{certificates} certificates");
    assert_eq!(house.state_of(&label)?, "active");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn instructions_are_carried_out_once_whenever_the_power_goes() -> Result<(), Failure> {
    const INSTRUCTIONS: usize = 12;
    let house = House::new().await?;
    let label = house.register(DEVICE_ID).await?;
    house.run(&["enroll", &label.link])?;
    let mut running = house.spawn(&["run"])?;
    house.until("the gateway has said hello", || Ok(house.answered()? > 0))?;
    let mut sent = Vec::new();
    for number in 0..INSTRUCTIONS {
        sent.push(house.instruct(&label, "note", number).await?);
        running.wait_at_most(Duration::from_millis(7 * number as u64))?;
        running.kill()?;
        running = house.spawn(&["run"])?;
    }
    let failing = house.instruct(&label, "fail", 0).await?;
    let unknown = house.instruct(&label, "explode", 0).await?;
    let mut states = Vec::new();
    for instruction in sent.iter().chain([&failing, &unknown]) {
        states.push(house.closed(instruction).await?);
    }
    let (notes, others) = states.split_at(INSTRUCTIONS);
    let done: Vec<u64> = house
        .done()?
        .iter()
        .filter_map(|asked| asked["arguments"]["number"].as_u64())
        .collect();
    for (number, (state, detail)) in (0..).zip(notes) {
        let times = done.iter().filter(|done| **done == number).count();
        assert!(times <= 1, "{number} was done {times} times");
        match state.as_str() {
            "executed" => assert_eq!(times, 1, "{number}"),
            "failed" => assert!(detail.contains("cut off"), "{detail}"),
            state => panic!("{number} is {state}"),
        }
    }
    assert_eq!(
        others[0],
        ("failed".to_owned(), "exit status 3: no relay".to_owned())
    );
    assert_eq!(others[1].0, "refused");
    Ok(())
}
