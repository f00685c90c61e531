//! Sealing and opening the item of `benches/item.mjs`, and messages, beside AWS's crates: rounds in which the two sides take turns,
//! each measured by criterion, then a table of ratios. `make bench-native`.

use std::hint::black_box;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;
use std::{env, fs, thread};

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue as AwsValue;
use criterion::{BatchSize, Criterion, SamplingMode};
use fieldseal::dynamodb::{AttributeValue, Item};
use fieldseal_bench_native::table::Table;
use fieldseal_bench_native::{aws, own, plaintext};
use tokio::runtime::{Builder, Runtime};

const SIZES: [(&str, usize); 3] = [("16 B", 16), ("64 KiB", 1 << 16), ("1 MiB", 1 << 20)];

/// Something that both sides do: what is measured, in one round.
type Case<'a> = (String, Box<dyn Fn(&mut Criterion, &str) + 'a>);

fn main() {
    let rounds = number("ROUNDS").unwrap_or(5);
    let frame_length = number("FRAME_LENGTH");
    // Those of an earlier run would be compared with.
    let results = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/criterion");
    let _ = fs::remove_dir_all(&results);
    let mut criterion = Criterion::default()
        .output_directory(&results)
        .sample_size(10)
        .nresamples(1000)
        .warm_up_time(Duration::from_millis(100))
        .measurement_time(Duration::from_millis(500))
        .configure_from_args();

    let runtime = Builder::new_current_thread().build().expect("a runtime");
    let mut cases = Vec::new();
    for suite in [0x6700, 0x6701] {
        cases.extend(items(&runtime, suite));
    }
    for suite in [0x0478, 0x0578] {
        for size in SIZES {
            cases.extend(messages(&runtime, suite, size, frame_length));
        }
    }
    let mut table = Table::new(results);
    for round in 1..=rounds {
        for (case, measure) in &cases {
            measure(&mut criterion, &Table::group(round, case));
        }
        table.note_load();
    }
    let provider = if cfg!(feature = "aws-lc-rs") { "with" } else { "without" };
    let processors = thread::available_parallelism().map_or(0, |n| n.get());
    println!(
        "\nfieldseal {provider} the feature aws-lc-rs, beside aws-db-esdk 1.3.0 and aws-esdk 1.2.4; {processors} processors"
    );
    table.print(rounds, cases.iter().map(|(case, _)| case.as_str()));
}

fn number(name: &str) -> Option<u32> {
    let text = env::var(name).ok().filter(|text| !text.is_empty())?;
    Some(text.parse().expect("a number"))
}

/// One side of a case. Both take what they work on as their own, copied while the clock stands.
fn measure<I: Clone, O>(
    criterion: &mut Criterion,
    group: &str,
    side: &str,
    input: &I,
    run: impl Fn(I) -> O,
) {
    let mut group = criterion.benchmark_group(group);
    group.sampling_mode(SamplingMode::Flat);
    group.bench_function(side, |bencher| {
        bencher.iter_batched(|| input.clone(), |input| black_box(run(input)), BatchSize::SmallInput)
    });
    group.finish();
}

fn items(runtime: &Runtime, suite: u16) -> Vec<Case<'_>> {
    let ours = own::items(suite);
    let theirs = runtime.block_on(aws::items(suite));
    let sealed = runtime.block_on(own::seal(&ours, own::item()));
    let sealed_there = runtime.block_on(aws::seal(&theirs, aws::item()));
    // Each opens the other's, or the figures mean nothing.
    assert_eq!(runtime.block_on(aws::open(&theirs, to_aws(&sealed))), aws::item());
    let opened = runtime.block_on(own::open(&ours, from_aws(&sealed_there)));
    assert_eq!(to_aws(&opened), aws::item());

    let encryptors = Rc::new((ours, theirs));
    let for_open = encryptors.clone();
    vec![
        (
            format!("seal {suite:04x}"),
            Box::new(move |criterion, group| {
                let (ours, theirs) = &*encryptors;
                let seal = |item| runtime.block_on(own::seal(ours, item));
                measure(criterion, group, "fieldseal", &own::item(), seal);
                let seal = |item| runtime.block_on(aws::seal(theirs, item));
                measure(criterion, group, "aws", &aws::item(), seal);
            }),
        ),
        (
            format!("open {suite:04x}"),
            Box::new(move |criterion, group| {
                let (ours, theirs) = &*for_open;
                let open = |item| runtime.block_on(own::open(ours, item));
                measure(criterion, group, "fieldseal", &sealed, open);
                let open = |item| runtime.block_on(aws::open(theirs, item));
                measure(criterion, group, "aws", &sealed_there, open);
            }),
        ),
    ]
}

fn to_aws(item: &Item) -> aws::Item {
    let value = |value: &AttributeValue| match value {
        AttributeValue::S(text) => AwsValue::S(text.to_string()),
        AttributeValue::B(bytes) => AwsValue::B(Blob::new(bytes.to_vec())),
        other => panic!("{:?}", other.type_id()),
    };
    item.iter().map(|(name, field)| (name.to_string(), value(field))).collect()
}

fn from_aws(item: &aws::Item) -> Item<'static> {
    let value = |value: &AwsValue| match value {
        AwsValue::S(text) => AttributeValue::S(text.clone().into()),
        AwsValue::B(bytes) => AttributeValue::B(bytes.as_ref().to_vec().into()),
        other => panic!("{other:?}"),
    };
    item.iter().map(|(name, field)| (name.clone().into(), value(field))).collect()
}

fn messages<'a>(
    runtime: &'a Runtime,
    suite: u16,
    (size, len): (&str, usize),
    frame_length: Option<u32>,
) -> Vec<Case<'a>> {
    let ours = own::Messages::new(suite, frame_length);
    let theirs = runtime.block_on(aws::Messages::new(suite, frame_length));
    let text = plaintext(len);
    let message = runtime.block_on(ours.encrypt(&text));
    let message_there = runtime.block_on(theirs.encrypt(text.clone()));
    assert_eq!(runtime.block_on(theirs.decrypt(message.clone())), text);
    assert_eq!(runtime.block_on(ours.decrypt(&message_there)), text);

    let clients = Rc::new((ours, theirs));
    let for_decrypt = clients.clone();
    vec![
        (
            format!("encrypt {suite:04x} {size}"),
            Box::new(move |criterion, group| {
                let (ours, theirs) = &*clients;
                let encrypt = |text: Vec<u8>| runtime.block_on(ours.encrypt(&text));
                measure(criterion, group, "fieldseal", &text, encrypt);
                let encrypt = |text| runtime.block_on(theirs.encrypt(text));
                measure(criterion, group, "aws", &text, encrypt);
            }),
        ),
        (
            format!("decrypt {suite:04x} {size}"),
            Box::new(move |criterion, group| {
                let (ours, theirs) = &*for_decrypt;
                let decrypt = |message: Vec<u8>| runtime.block_on(ours.decrypt(&message));
                measure(criterion, group, "fieldseal", &message, decrypt);
                let decrypt = |message| runtime.block_on(theirs.decrypt(message));
                measure(criterion, group, "aws", &message_there, decrypt);
            }),
        ),
    ]
}
