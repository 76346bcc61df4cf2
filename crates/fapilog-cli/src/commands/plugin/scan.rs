//! `fapilog plugin scan [PATH]`

use fapilog_scan::difference::Difference;

use crate::args::ScanArgs;
use crate::commands::Outcome;
use crate::failure::Failure;
use crate::judgement;

/// Judges a package by the security rules, or compares two versions.
pub fn run(args: ScanArgs) -> Result<Outcome, Failure> {
    let [old, new] = args.diff.as_slice() else {
        return judgement::run(&args.judged, true);
    };
    let options = judgement::options(&args.judged, true)?;
    let exports = judgement::Exports::read(&args.judged)?;
    let (old, new) = (
        judgement::judge(old, &options, &args.judged, &exports)?,
        judgement::judge(new, &options, &args.judged, &exports)?,
    );
    let difference = Difference::between(&old, &new);
    judgement::difference(&difference, &args.judged)?;
    Ok(match difference.is_more() {
        true => Outcome::Findings,
        false => Outcome::Fine,
    })
}
