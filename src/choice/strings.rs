//! Strings that look like those that tests pass: their parts, in an order in which such parts were seen.
//!
//! Code is written for inputs of some form. Strings out of that form are answered in many right ways, and tell little.

use std::collections::BTreeMap;

use fastrand::Rng;

/// The most parts of a string.
const LONGEST: usize = 24;

/// Words up to this length, in characters, are taken to mean something by themselves, as a unit does.
const SHORT: usize = 2;

/// What follows which two parts.
#[derive(Clone, Debug, Default)]
pub struct Strings {
    follow: BTreeMap<[String; 2], Vec<String>>,
    /// The numbers that were seen behind those two.
    numbers: BTreeMap<[String; 2], Vec<String>>,
    words: Vec<String>,
    all: Vec<String>,
}

/// What stands for any number, and for any longer word.
const NUMBER: &str = "0";
const WORD: &str = "aaa";
const END: &str = "";

impl Strings {
    /// Takes in a string.
    pub fn add(&mut self, text: &str) {
        if text.chars().count() > 4 * LONGEST || self.all.iter().any(|known| known == text) {
            return;
        }
        self.all.push(text.to_owned());
        let mut last = [END.to_owned(), END.to_owned()];
        for part in parts(text) {
            let (blanks, bare) = part.split_at(part.len() - part.trim_start().len());
            let kind = stands_for(bare);
            match kind {
                NUMBER => self.numbers.entry(last.clone()).or_default().push(bare.to_owned()),
                WORD => self.words.push(bare.to_owned()),
                _ => {}
            }
            let stands_for = format!("{blanks}{kind}");
            self.follow.entry(last.clone()).or_default().push(stands_for.clone());
            let [_, before] = last;
            last = [before, stands_for];
        }
        self.follow.entry(last).or_default().push(END.to_owned());
    }

    /// Returns all that were taken in.
    pub fn all(&self) -> &[String] {
        &self.all
    }

    /// Returns one that was not taken in; none where a few tries find none.
    pub fn another(&self, random: &mut Rng) -> Option<String> {
        (0..12).find_map(|_| {
            let made = self.walk(random);
            (!self.all.contains(&made) && !made.is_empty()).then_some(made)
        })
    }

    fn walk(&self, random: &mut Rng) -> String {
        let mut made = String::new();
        let mut last = [END.to_owned(), END.to_owned()];
        for _ in 0..LONGEST {
            let Some(next) = self.follow.get(&last).and_then(|next| random.choice(next)) else { break };
            if next.is_empty() {
                break;
            }
            made += &self.part(&last, next, random);
            let [_, before] = last;
            last = [before, next.clone()];
        }
        made
    }

    /// Returns a part of the kind: numbers of other digits, words of other letters.
    fn part(&self, last: &[String; 2], stands_for: &str, random: &mut Rng) -> String {
        let (blanks, kind) = stands_for.split_at(stands_for.len() - stands_for.trim_start().len());
        let part = match kind {
            NUMBER => other_number(self.numbers.get(last).map(Vec::as_slice).unwrap_or_default(), random),
            WORD if random.u8(0..3) > 0 => self.word(random),
            WORD => random.choice(self.words.iter()).cloned().unwrap_or_default(),
            _ => kind.to_owned(),
        };
        format!("{blanks}{part}")
    }

    /// Returns a word whose letters follow each other as in those that were seen.
    fn word(&self, random: &mut Rng) -> String {
        let words = &self.words;
        let mut made: Vec<char> =
            random.choice(words.iter()).and_then(|word| word.chars().next()).into_iter().collect();
        let longest = words.iter().map(|word| word.chars().count()).max().unwrap_or_default() + 2;
        while let Some(last) = made.last().copied().filter(|_| made.len() < longest) {
            let next: Vec<Option<char>> = words
                .iter()
                .flat_map(|word| {
                    let letters: Vec<char> = word.chars().collect();
                    let next = |place: usize| (letters[place] == last).then(|| letters.get(place + 1).copied());
                    (0..letters.len()).filter_map(next).collect::<Vec<_>>()
                })
                .collect();
            match random.choice(&next) {
                Some(Some(next)) => made.push(*next),
                _ => break,
            }
        }
        made.into_iter().collect()
    }
}

/// Returns a number like those that were seen in a place. Where all have several digits, and as many, they are within limits.
fn other_number(seen: &[String], random: &mut Rng) -> String {
    let Some(part) = random.choice(seen.iter()) else { return "0".to_owned() };
    let width = part.len();
    let values: Vec<u32> = seen.iter().filter_map(|number| number.parse().ok()).collect();
    let (least, most) = (values.iter().min().copied().unwrap_or(0), values.iter().max().copied().unwrap_or(0));
    if (2..5).contains(&width) && values.len() > 1 && least < most && seen.iter().all(|number| number.len() == width) {
        return format!("{:0width$}", random.u32(least / 2..=most));
    }
    match random.u8(0..4) {
        0 => part.clone(),
        1 => other_digits(part, random),
        2 => format!("{}{}", random.u8(1..10), other_digits(part, random)),
        _ => other_digits(&part[..1], random),
    }
}

fn other_digits(digits: &str, random: &mut Rng) -> String {
    let mut made = String::new();
    for place in 0..digits.len() {
        let least = u8::from(place == 0 && digits.len() > 1 && !digits.starts_with('0'));
        made += &random.u8(least..10).to_string();
    }
    made
}

const BLANK: u8 = 3;

fn stands_for(part: &str) -> &str {
    match part.chars().next() {
        Some(one) if one.is_ascii_digit() => NUMBER,
        Some(one) if one.is_alphabetic() && part.chars().count() > SHORT => WORD,
        _ => part,
    }
}

/// Cuts a string into numbers, words, and other characters one by one, each with the blanks before it.
fn parts(text: &str) -> Vec<String> {
    let kind = |one: char| match one {
        one if one.is_ascii_digit() => 0,
        one if one.is_alphabetic() => 1,
        ' ' => BLANK,
        _ => 2,
    };
    let mut parts: Vec<String> = Vec::new();
    let mut last = 2;
    for one in text.chars() {
        let this = kind(one);
        let goes_on = this == last && this != 2 || last == BLANK;
        match parts.last_mut().filter(|_| goes_on) {
            Some(part) => part.push(one),
            None => parts.push(one.to_string()),
        }
        last = this;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_have_the_form_of_those_that_were_seen() {
        let mut strings = Strings::default();
        ["1h2m", "5s", "2m5s"].iter().for_each(|text| strings.add(text));
        let form = regex::Regex::new("^([0-9]+[hms])+$").unwrap();
        let made: Vec<String> = (0..30).filter_map(|seed| strings.another(&mut Rng::with_seed(seed))).collect();
        assert!(made.len() > 20 && made.iter().all(|text| form.is_match(text)), "{made:?}");
        assert!(made.iter().any(|text| text.contains(|one: char| one.is_ascii_digit()) && text.len() > 4), "{made:?}");
        assert_eq!(strings.another(&mut Rng::with_seed(3)), strings.another(&mut Rng::with_seed(3)));
    }

    #[test]
    fn blanks_belong_to_what_they_stand_before() {
        assert_eq!(parts(" 1 -  2a "), [" 1", " -", "  2", "a", " "]);
        let mut strings = Strings::default();
        [" 1 - 2 , 9", "3-5"].iter().for_each(|text| strings.add(text));
        let form = regex::Regex::new("^( ?[0-9]+ ?-? ?)+( , [0-9]+)?$").unwrap();
        for seed in 0..30 {
            let made = strings.another(&mut Rng::with_seed(seed)).unwrap_or_default();
            assert!(made.matches('-').count() < 2 && (made.is_empty() || form.is_match(&made)), "{made}");
        }
    }

    #[test]
    fn words_are_made_of_their_letters() {
        let mut strings = Strings::default();
        ["aaab", "xyz"].iter().for_each(|text| strings.add(text));
        for seed in 0..20 {
            let made = strings.another(&mut Rng::with_seed(seed)).unwrap_or_default();
            assert!(made.chars().all(|one| "abxyz".contains(one)), "{made}");
        }
        assert_eq!(Strings::default().another(&mut Rng::with_seed(1)), None);
    }
}
