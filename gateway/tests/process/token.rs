//! A gateway whose keys are in a PKCS#11 token, or are to be from now on.

use std::{fs, time::Duration};

use gridpass_bench::Failure;
use serde_json::Value;

use crate::house::{DEVICE_ID, House, Running, token::PIN};

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_lives_with_its_keys_in_a_token() -> Result<(), Failure> {
    let mut house = House::that_always_renews().await?;
    house.keep_keys_in_a_token()?;
    let label = house.register(DEVICE_ID).await?;
    house.run(&["enroll", &label.link])?;
    let enrolled_with = house.serial()?;
    let mut running = house.spawn(&["run"])?;
    house.until("the gateway has another key", || {
        Ok(house.serial()? != enrolled_with)
    })?;
    let instruction = house.instruct(&label, "note", 7).await?;
    assert_eq!(house.closed(&instruction).await?.0, "executed");
    assert_eq!(house.done()?.len(), 1);
    running.terminate()?;
    assert_eq!(running.status()?, Some(0), "{}", house.log()?);

    house.goes_on()?;
    assert_eq!(house.private_keys()?, 0);
    assert_eq!(house.state_of(&label)?, "active");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn restarts_in_the_middle_of_renewals_leave_one_working_key_in_the_token()
-> Result<(), Failure> {
    // SoftHSM writes its files in place: one that is killed may lose the whole token, which is no
    // fault of the gateway's. What SIGTERM ends leaves the token at peace.
    const RESTARTS: u64 = 12;
    let mut house = House::that_always_renews().await?;
    house.keep_keys_in_a_token()?;
    let label = house.register(DEVICE_ID).await?;
    house.run(&["enroll", &label.link])?;
    let certificates = house.renews_through(RESTARTS, Running::terminate)?;
    assert!(certificates > 2, "{certificates} certificates");
    // Whatever opens the state directory destroys what no state names: it leaves the present key,
    // perhaps the one before and the next.
    house.run(&["enroll", &label.link]).unwrap_err();
    let keys = house.keys_in_the_token()?;
    assert!((1..=3).contains(&keys), "{keys} keys");
    assert_eq!(house.state_of(&label)?, "active");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_away_is_waited_for() -> Result<(), Failure> {
    let mut house = House::new().await?;
    let token = house.keep_keys_in_a_token()?;
    let label = house.register(DEVICE_ID).await?;
    token.take_away()?;
    let refused = house.run(&["enroll", &label.link]).unwrap_err();
    assert!(
        refused.to_string().contains("no token is labelled"),
        "{refused}"
    );
    token.bring_back()?;
    house.run(&["enroll", &label.link])?;

    token.take_away()?;
    let mut running = house.spawn(&["run"])?;
    house.until("the gateway says that the token is away", || {
        let log = house.log()?;
        Ok(log.contains("no token is labelled") && log.contains("trying again"))
    })?;
    assert!(!running.has_ended()?);
    assert!(house.status()?.starts_with("enrolled with"));
    token.bring_back()?;
    house.until("the gateway has said hello", || Ok(house.answered()? > 0))?;
    running.terminate()?;
    assert_eq!(house.state_of(&label)?, "active");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_its_answer_is_not_forgotten_without_the_token() -> Result<(), Failure> {
    let mut house = House::new().await?;
    let token = house.keep_keys_in_a_token()?;
    let label = house.register(DEVICE_ID).await?;
    let request = || -> Result<Value, Failure> {
        house.run(&["request", &label.link])?;
        let state: Value = serde_json::from_slice(&fs::read(house.path("state/state.json"))?)?;
        Ok(state["csr"].clone())
    };
    let made = request()?;
    assert!(made.is_string());
    token.take_away()?;
    assert_eq!(request()?, made);
    token.bring_back()?;
    assert_eq!(request()?, made);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_pin_is_tried_once_and_the_gateway_is_not_started_again() -> Result<(), Failure> {
    let mut house = House::new().await?;
    let token = house.keep_keys_in_a_token()?;
    let label = house.register(DEVICE_ID).await?;
    house.run(&["enroll", &label.link])?;
    token.set_pin("0000")?;
    let mut running = house.spawn(&["run"])?;
    running.wait_at_most(Duration::from_secs(30))?;
    assert_eq!(running.status()?, Some(4), "{}", house.log()?);
    assert!(house.log()?.contains("the token refuses the PIN"));
    assert!(!house.log()?.contains("0000"));
    token.set_pin(PIN)?;
    let mut running = house.spawn(&["run"])?;
    house.until("the gateway has said hello", || Ok(house.answered()? > 0))?;
    running.terminate()?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_with_a_token_enrols_over_est() -> Result<(), Failure> {
    let mut house = House::new().await?;
    house.keep_keys_in_a_token()?;
    let label = house.register(DEVICE_ID).await?;
    house.run(&["enroll", "--est", &label.link])?;
    assert_eq!(house.state_of(&label)?, "active");
    assert_eq!(house.private_keys()?, 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_file_is_followed_by_a_key_in_the_token() -> Result<(), Failure> {
    let mut house = House::that_always_renews().await?;
    let label = house.register(DEVICE_ID).await?;
    house.run(&["enroll", &label.link])?;
    assert_eq!(house.private_keys()?, 1);
    let enrolled_with = house.serial()?;
    house.keep_keys_in_a_token()?;
    let mut running = house.spawn(&["run"])?;
    house.until("the key file is gone", || {
        Ok(house.serial()? != enrolled_with && house.private_keys()? == 0)
    })?;
    running.terminate()?;
    assert_eq!(house.state_of(&label)?, "active");
    Ok(())
}
