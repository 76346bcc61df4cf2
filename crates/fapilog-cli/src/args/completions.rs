//! What `fapilog completions` takes.

use clap_complete::Shell;

/// Print the completions of a shell
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  fapilog completions bash > ~/.local/share/bash-completion/completions/fapilog
  fapilog completions zsh > ~/.zfunc/_fapilog
  fapilog completions fish > ~/.config/fish/completions/fapilog.fish

Exit codes: 0 printed, 2 typed wrongly.")]
pub struct CompletionsArgs {
    /// The shell
    pub shell: Shell,
}
