//! Several servers on one PostgreSQL, as real processes.

mod commands;
mod killed;
mod restarted;
mod shared;
mod stopping;
mod together;
mod upgraded;
mod waiter;
