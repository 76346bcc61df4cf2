//! Numbers with units, for people.

/// Nanoseconds: `830 ns`, `1.24 µs`, `7.01 ms`.
pub fn nanos(value: f64) -> String {
    match value.abs() {
        small if small < 1e3 => format!("{value:.0} ns"),
        small if small < 1e6 => format!("{:.2} µs", value / 1e3),
        small if small < 1e9 => format!("{:.2} ms", value / 1e6),
        _ => format!("{:.2} s", value / 1e9),
    }
}

/// Microseconds.
pub fn micros(value: f64) -> String {
    nanos(value * 1e3)
}

/// Bytes: `96 B`, `8.2 KiB`.
pub fn bytes(value: f64) -> String {
    match value.abs() {
        small if small < 1024.0 => format!("{value:.0} B"),
        small if small < 1024.0 * 1024.0 => format!("{:.1} KiB", value / 1024.0),
        _ => format!("{:.1} MiB", value / 1024.0 / 1024.0),
    }
}

/// A whole number with its thousands apart: `119,474`.
pub fn thousands(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_read_well() {
        assert_eq!(nanos(830.4), "830 ns");
        assert_eq!(nanos(-1240.0), "-1.24 µs");
        assert_eq!(micros(7010.0), "7.01 ms");
        assert_eq!(nanos(2.5e9), "2.50 s");
        assert_eq!(bytes(96.0), "96 B");
        assert_eq!(bytes(8400.0), "8.2 KiB");
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(999), "999");
        assert_eq!(thousands(1_119_474), "1,119,474");
    }
}
