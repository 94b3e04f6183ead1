//! A real gateway process against a real portal process, with the power going at any moment.

mod house;

use std::time::Duration;

use gridpass_bench::Failure;
use house::{DEVICE_ID, House};

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
