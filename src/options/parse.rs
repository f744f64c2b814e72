//! Single values as people write them: times, sizes, shares, addresses.

use std::net::SocketAddr;
use std::time::Duration;

pub(super) fn parse_interval(text: &str) -> Result<Duration, String> {
    parse_duration(text, Duration::from_millis(100), Duration::from_secs(3_600))
}

pub(super) fn parse_timeout(text: &str) -> Result<Duration, String> {
    parse_duration(text, Duration::from_millis(100), Duration::from_secs(600))
}

/// For how long something has to be so, or is not to be so again.
pub(super) fn parse_pause(text: &str) -> Result<Duration, String> {
    parse_duration(text, Duration::ZERO, Duration::from_secs(30 * 86_400))
}

fn parse_duration(text: &str, least: Duration, most: Duration) -> Result<Duration, String> {
    let text = text.trim();
    let plain: Option<f64> = text.parse().ok().filter(|seconds: &f64| seconds.is_finite() && *seconds >= 0.0);
    let duration = match plain {
        Some(seconds) => Duration::try_from_secs_f64(seconds).ok(),
        None => text.parse::<jiff::SignedDuration>().ok().and_then(|signed| Duration::try_from(signed).ok()),
    };
    let duration = duration.ok_or("expected a time such as 2s, 500ms or 1m")?;
    if duration < least || duration > most {
        return Err(format!("expected a time from {least:?} to {most:?}"));
    }
    Ok(duration)
}

pub(super) fn parse_size(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let unit = match text[digits..].trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" | "kib" => 1 << 10,
        "m" | "mb" | "mib" => 1 << 20,
        "g" | "gb" | "gib" => 1 << 30,
        _ => return Err("expected a size such as 64MiB".to_owned()),
    };
    let number: u64 = text[..digits].parse().map_err(|_| "expected a size such as 64MiB".to_owned())?;
    match number.checked_mul(unit) {
        Some(size) if (1 << 10..=4 << 30).contains(&size) => Ok(size),
        _ => Err("expected a size from 1KiB to 4GiB".to_owned()),
    }
}

/// A share in whole percent: `5%`.
pub(super) fn parse_percent(text: &str) -> Result<u8, String> {
    let number = text.trim().strip_suffix('%').map(str::trim_end);
    number
        .filter(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|number| number.parse().ok())
        .filter(|percent| *percent <= 100)
        .ok_or_else(|| "expected a share from \"0%\" to \"100%\"".to_owned())
}

/// How long a command goes on.
pub(super) fn parse_deadline(text: &str) -> Result<Duration, String> {
    parse_duration(text, Duration::from_millis(100), Duration::from_secs(10 * 365 * 86_400))
}

/// A multiple of the time that something took.
pub(super) fn parse_speed(text: &str) -> Result<f64, String> {
    let speed = text.trim().trim_end_matches(['x', 'X']).parse::<f64>();
    speed
        .ok()
        .filter(|speed| (0.01..=10_000.0).contains(speed))
        .ok_or_else(|| "expected a number from 0.01 to 10000".to_owned())
}

pub(super) fn parse_address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "expected an address and a port, such as 127.0.0.1:10002".to_owned())
}

pub(super) fn parse_picture_size(text: &str) -> Result<(u16, u16), String> {
    let (columns, rows) = text.split_once(['x', 'X']).ok_or("expected columns and rows, such as 120x40")?;
    let side = |text: &str, most: u16| match text.trim().parse() {
        Ok(side) if (1..=most).contains(&side) => Ok(side),
        _ => Err(format!("expected columns and rows, such as 120x40, at most 1000x{most}")),
    };
    Ok((side(columns, 1_000)?, side(rows, 10_000)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units_and_bounds() {
        let ms = |text| parse_interval(text).map(|duration| duration.as_millis());
        for (text, expected) in
            [("2s", 2_000), ("500ms", 500), ("1m", 60_000), ("1m30s", 90_000), ("0.5", 500), ("3", 3_000)]
        {
            assert_eq!(ms(text), Ok(expected), "{text}");
        }
        for text in ["", "fast", "-2s", "1e99", "nan", "inf", "2 parsecs"] {
            assert_eq!(ms(text), Err("expected a time such as 2s, 500ms or 1m".to_owned()), "{text}");
        }
        assert_eq!(ms("1ms"), Err("expected a time from 100ms to 3600s".to_owned()));
    }

    #[test]
    fn sizes_are_read_as_people_write_them() {
        assert_eq!(parse_size("64MiB"), Ok(64 << 20));
        assert_eq!(parse_size("4096"), Ok(4096));
        assert_eq!(parse_size("2 g"), Ok(2 << 30));
        for text in ["", "MiB", "-1", "1", "99999999999999999999", "9999999999G"] {
            assert!(parse_size(text).is_err(), "{text}");
        }
        assert_eq!(parse_picture_size("120x40"), Ok((120, 40)));
        for text in ["", "x", "0x0", "120", "120x", "99999x1"] {
            assert!(parse_picture_size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_share_is_written_in_percent() {
        assert_eq!(["0%", "5%", " 12 %", "100%"].map(|text| parse_percent(text).unwrap()), [0, 5, 12, 100]);
        for text in ["", "%", "5", "101%", "-1%", "+5%", "1.5%", "5%%", "300%"] {
            assert!(parse_percent(text).is_err(), "{text}");
        }
    }
}
