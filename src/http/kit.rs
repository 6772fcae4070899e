//! What handlers behind the guard look like.
//!
//! Invariant: the first thing such a handler takes is made from what the guard let in, and from nothing else; the rest
//! is read from the request only after that.

use std::future::Future;

use actix_web::{HttpRequest, Responder};

use super::Problem;

/// What a guarded handler takes first: who was let in, or what a room builds from that.
pub trait Kit<Who>: Sized {
    /// Builds it for this request.
    ///
    /// # Errors
    /// [`Problem`] when the request lacks what it needs.
    fn of(who: Who, request: &HttpRequest) -> impl Future<Output = Result<Self, Problem>>;
}

impl<Who> Kit<Who> for Who {
    async fn of(who: Who, _: &HttpRequest) -> Result<Self, Problem> {
        Ok(who)
    }
}

/// A function that takes a [`Kit`] first, then what it wants of the request.
pub trait GuardedHandler<K, Args>: Clone + 'static {
    /// What it answers.
    type Output: Responder;
    /// Until then.
    type Future: Future<Output = Self::Output>;

    /// Answers.
    fn call(&self, kit: K, args: Args) -> Self::Future;
}

macro_rules! guarded_handlers {
    ($(($($arg:ident)*))*) => { $(
        impl<F, Fut, K, $($arg,)*> GuardedHandler<K, ($($arg,)*)> for F
        where
            F: Fn(K, $($arg),*) -> Fut + Clone + 'static,
            Fut: Future<Output: Responder>,
        {
            type Output = Fut::Output;
            type Future = Fut;

            #[allow(non_snake_case)]
            fn call(&self, kit: K, ($($arg,)*): ($($arg,)*)) -> Fut {
                self(kit, $($arg),*)
            }
        }
    )* };
}

guarded_handlers! { () (A) (A B) (A B C) (A B C D) (A B C D E) }
