//! The colours of each theme, and what they must be able to do.
//!
//! The fixed ones are of the cube that follows the 16 colours of a terminal, as programs have shared
//! it for decades: also where a terminal shows more, these are enough.

use ratatui::style::Color;

use crate::listing::ThemeName;

/// One colour: of the 256, and the nearest of the 16 that each terminal has in shades of its own.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hue {
    pub(super) fixed: u8,
    pub(super) own: Color,
}

/// What colours say.
#[derive(Clone, Copy, Debug)]
pub(super) struct Palette {
    pub(super) good: Hue,
    pub(super) calm: Hue,
    pub(super) warn: Hue,
    pub(super) bad: Hue,
    /// What nobody can tell, and what is old: no warning. Without a colour of its own its sign and word say it.
    pub(super) doubt: Option<Hue>,
}

const fn hue(fixed: u8, own: Color) -> Hue {
    Hue { fixed, own }
}

/// Read well on black, and well enough on white.
const DARK: Palette = Palette {
    good: hue(65, Color::Green),
    calm: hue(31, Color::Cyan),
    warn: hue(136, Color::Yellow),
    bad: hue(203, Color::LightRed),
    doubt: Some(hue(133, Color::Magenta)),
};

/// Read well on white.
const LIGHT: Palette = Palette {
    good: hue(28, Color::Green),
    calm: hue(24, Color::Cyan),
    warn: hue(94, Color::Yellow),
    bad: hue(124, Color::Red),
    doubt: Some(hue(127, Color::Magenta)),
};

/// The hues of Okabe and Ito (bluish green, blue, reddish purple, vermilion), in shades that read best on
/// black, and are still to be seen on white.
const COLOUR_BLIND: Palette = Palette {
    good: hue(29, Color::Cyan),
    calm: hue(99, Color::LightBlue),
    warn: hue(133, Color::Magenta),
    bad: hue(208, Color::LightRed),
    doubt: None, // all eyes tell four hues apart, not five
};

/// The same hues in shades that read well on white.
const COLOUR_BLIND_LIGHT: Palette = Palette {
    good: hue(29, Color::Green),
    calm: hue(57, Color::Blue),
    warn: hue(127, Color::Magenta),
    bad: hue(88, Color::Red),
    doubt: None,
};

impl Palette {
    /// The colours of a theme; `None` where it has none.
    pub(super) fn of(name: ThemeName) -> Option<Palette> {
        match name {
            ThemeName::Dark => Some(DARK),
            ThemeName::Light => Some(LIGHT),
            ThemeName::ColourBlind => Some(COLOUR_BLIND),
            ThemeName::ColourBlindLight => Some(COLOUR_BLIND_LIGHT),
            ThemeName::Mono => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Red, green and blue in proportion to light.
    type Light = [f64; 3];

    const BLACK: Light = [0.0; 3];
    const WHITE: Light = [1.0; 3];

    /// A colour of the cube: six steps in each of red, green and blue.
    fn light(fixed: u8) -> Light {
        let at = usize::from(fixed.checked_sub(16).filter(|at| *at < 216).expect("a colour of the cube"));
        [at / 36, at / 6 % 6, at % 6].map(|step| {
            let value = f64::from([0u8, 95, 135, 175, 215, 255][step]) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        })
    }

    /// The contrast of WCAG 2: from 1 to 21.
    fn contrast(one: Light, other: Light) -> f64 {
        let luminance = |[r, g, b]: Light| 0.2126 * r + 0.7152 * g + 0.0722 * b;
        let (one, other) = (luminance(one) + 0.05, luminance(other) + 0.05);
        one.max(other) / one.min(other)
    }

    /// How eyes see: all of it, or without the cones for long, middle or short waves (Machado,
    /// Oliveira and Fernandes 2009, whole severity).
    const EYES: [(&str, [Light; 3]); 4] = [
        ("usual", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
        (
            "protanopia",
            [
                [0.152_286, 1.052_583, -0.204_868],
                [0.114_503, 0.786_281, 0.099_216],
                [-0.003_882, -0.048_116, 1.051_998],
            ],
        ),
        (
            "deuteranopia",
            [
                [0.367_322, 0.860_646, -0.227_968],
                [0.280_085, 0.672_501, 0.047_413],
                [-0.011_820, 0.042_940, 0.968_881],
            ],
        ),
        (
            "tritanopia",
            [
                [1.255_528, -0.076_749, -0.178_779],
                [-0.078_411, 0.930_809, 0.147_602],
                [0.004_733, 0.691_367, 0.303_900],
            ],
        ),
    ];

    fn times(matrix: [Light; 3], light: Light) -> Light {
        matrix.map(|row| row.iter().zip(light).map(|(factor, part)| factor * part).sum::<f64>())
    }

    /// How different two colours look (CIE 1976): 2 is just seen, 100 is black beside white.
    fn distance(eyes: [Light; 3], one: Light, other: Light) -> f64 {
        const XYZ: [Light; 3] = [
            [0.412_456_4, 0.357_576_1, 0.180_437_5],
            [0.212_672_9, 0.715_152_2, 0.072_175_0],
            [0.019_333_9, 0.119_192_0, 0.950_304_1],
        ];
        let lab = |light: Light| {
            let seen = times(eyes, light).map(|part| part.clamp(0.0, 1.0));
            let [x, y, z] = times(XYZ, seen);
            let root = |t: f64| {
                if t > 216.0 / 24389.0 { t.cbrt() } else { (24389.0 / 27.0 * t + 16.0) / 116.0 }
            };
            let (x, y, z) = (root(x / 0.950_47), root(y), root(z / 1.088_83));
            [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
        };
        lab(one).iter().zip(lab(other)).map(|(one, other)| (one - other).powi(2)).sum::<f64>().sqrt()
    }

    fn lights(palette: Palette) -> Vec<Light> {
        let hues = [palette.good, palette.calm, palette.warn, palette.bad].into_iter().chain(palette.doubt);
        hues.map(|hue| light(hue.fixed)).collect()
    }

    fn nearest_pair(eyes: [Light; 3], palette: Palette) -> f64 {
        let lights = lights(palette);
        let pairs = (0..lights.len()).flat_map(|one| (0..one).map(move |other| (one, other)));
        pairs.map(|(one, other)| distance(eyes, lights[one], lights[other])).fold(f64::MAX, f64::min)
    }

    #[test]
    fn the_measures_are_those_of_the_books() {
        assert!((contrast(BLACK, WHITE) - 21.0).abs() < 1e-9);
        assert!((distance(EYES[0].1, BLACK, WHITE) - 100.0).abs() < 0.01);
        // Pure red on white, as every calculator of contrasts gives it.
        assert!((contrast(light(196), WHITE) - 3.998).abs() < 0.001);
        // What makes red and green one colour for those who are told to look out for it.
        let [usual, _, deuteranopia, _] = EYES.map(|(_, eyes)| distance(eyes, light(100), light(130)));
        assert!(deuteranopia < usual / 3.0, "{deuteranopia} {usual}");
    }

    #[test]
    fn colours_stand_out_from_the_backgrounds_that_they_are_for() {
        for (name, palette, on_black, on_white) in [
            ("dark", DARK, 4.5, 2.9),
            ("light", LIGHT, 1.0, 4.5),
            ("colour-blind", COLOUR_BLIND, 4.5, 2.4),
            ("colour-blind-light", COLOUR_BLIND_LIGHT, 1.0, 4.5),
        ] {
            for light in lights(palette) {
                assert!(contrast(light, BLACK) >= on_black, "{name}: {light:?} on black");
                assert!(contrast(light, WHITE) >= on_white, "{name}: {light:?} on white");
            }
        }
    }

    #[test]
    fn what_is_critical_reads_best_on_the_background_that_its_theme_is_for() {
        for (name, palette, background) in [
            ("dark", DARK, BLACK),
            ("light", LIGHT, WHITE),
            ("colour-blind", COLOUR_BLIND, BLACK),
            ("colour-blind-light", COLOUR_BLIND_LIGHT, WHITE),
        ] {
            let of = |hue: Hue| contrast(light(hue.fixed), background);
            assert!(of(palette.bad) >= 7.0, "{name}: {}", of(palette.bad));
            for less in [Some(palette.warn), palette.doubt].into_iter().flatten() {
                assert!(of(palette.bad) > of(less), "{name}: {less:?}");
            }
        }
    }

    #[test]
    fn colours_are_told_apart_and_those_for_colour_blind_eyes_by_all_eyes() {
        for palette in [DARK, LIGHT] {
            assert!(nearest_pair(EYES[0].1, palette) > 40.0);
        }
        for (name, eyes) in EYES {
            for palette in [COLOUR_BLIND, COLOUR_BLIND_LIGHT] {
                let nearest = nearest_pair(eyes, palette);
                assert!(nearest > 30.0, "{name}: {nearest}");
            }
        }
    }
}
