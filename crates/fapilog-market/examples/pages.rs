//! Prints the path of every page for people, from the table of routes: `make page-list` keeps them in
//! `pages.txt`, and the browser tests look at all of them.

#![expect(clippy::print_stdout, reason = "the list is what this program is for")]

fn main() {
    print!("{}", fapilog_market::routes::page_list());
}
