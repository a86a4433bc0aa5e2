mod missing;
mod unreadable;
