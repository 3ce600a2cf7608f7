use super::*;

fn outputs(rows: &[[f32; 2]; 2]) -> Outputs {
    Outputs {
        numbers: Tensor::new(rows, &Device::Cpu).expect("tensor"),
        choices: BTreeMap::new(),
    }
}

fn levels() -> Classes {
    Classes::from([(
        "level".to_owned(),
        ["ERROR", "INFO", "WARN"].map(str::to_owned).to_vec(),
    )])
}

#[test]
fn the_loss_by_hand() {
    let labels = Labels {
        failure: vec![1.0, 0.0],
        severity: vec![0.5, 0.9],
        weight: vec![2.0, 1.0],
        ..Labels::default()
    };
    let loss = loss(&outputs(&[[1.0, 2.0], [-1.0, 7.0]]), &labels)
        .and_then(|loss| loss.to_scalar::<f32>())
        .expect("loss");
    let cross = |x: f32, y: f32| (1.0 + (-x.abs()).exp()).ln() + x.max(0.0) - x * y;
    let expect = (2.0 * cross(1.0, 1.0) + cross(-1.0, 0.0) + 0.5 * 2.0 * cross(2.0, 0.5)) / 2.0;
    assert!(
        (loss - expect).abs() < 1e-6,
        "{loss} {expect}: the severity of what is no failure does not count"
    );
}

#[test]
fn a_class_counts_where_it_is_known() {
    let labels = Labels {
        failure: vec![0.0; 2],
        severity: vec![0.0; 2],
        weight: vec![0.0; 2],
        choices: BTreeMap::from([("level".to_owned(), vec![None, Some(2)])]),
    };
    let logits = [[9.0f32, -9.0, 0.0], [1.0, 100.0, 99.0]];
    let outputs = Outputs {
        choices: BTreeMap::from([(
            "level".to_owned(),
            Tensor::new(&logits, &Device::Cpu).expect("tensor"),
        )]),
        ..outputs(&[[0.0; 2]; 2])
    };
    let loss: f32 = loss(&outputs, &labels)
        .and_then(|loss| loss.to_scalar())
        .expect("loss");
    let expect = (1.0 + 1f32.exp()).ln() * CHOICE_SHARE as f32 / 2.0;
    assert!((loss - expect).abs() < 1e-5, "{loss} {expect}");
}

#[test]
fn the_loss_of_huge_logits_is_finite() {
    let labels = Labels {
        failure: vec![1.0, 0.0],
        severity: vec![1.0, 0.0],
        weight: vec![1.0, 1.0],
        ..Labels::default()
    };
    let loss = loss(&outputs(&[[-1e4, 1e4], [1e4, -1e4]]), &labels)
        .and_then(|loss| loss.to_scalar::<f32>())
        .expect("loss");
    assert!(loss.is_finite() && loss > 1e3);
}

/// Some operations of candle have no gradient and say nothing.
#[test]
fn every_variable_gets_a_gradient() {
    let mlp = Mlp::new(4, 8, &levels(), 7, &Device::Cpu).expect("network");
    let pooled = mlp
        .pooled(vec![0.3, -0.2, 0.9, 0.4, -0.7, 0.1, 0.2, 0.8], 4)
        .expect("variable");
    let labels = Labels {
        failure: vec![1.0, 0.0],
        severity: vec![0.7, 0.0],
        weight: vec![1.0, 1.0],
        choices: BTreeMap::from([("level".to_owned(), vec![None, Some(2)])]),
    };
    let gradients = loss(&mlp.forward(&pooled).expect("logits"), &labels)
        .expect("loss")
        .backward()
        .expect("gradients");
    assert_eq!(mlp.variables().len(), 2 + 2 * (NUMBERS.len() + 1));
    let pooled = ("pooled".to_owned(), pooled);
    for (name, variable) in mlp.variables().iter().chain([(&pooled.0, &pooled.1)]) {
        let gradient = gradients
            .get(variable)
            .unwrap_or_else(|| panic!("{name} has no gradient"));
        let values: Vec<f32> = gradient
            .flatten_all()
            .and_then(|g| g.to_vec1())
            .expect("values");
        assert!(
            values.iter().any(|value| *value != 0.0),
            "{name} does not move"
        );
        assert_eq!(gradient.dims(), variable.dims(), "{name}");
    }
}

/// The gradient that moves the bag is the slope of the loss.
#[test]
fn the_gradient_is_the_slope() {
    let mlp = Mlp::new(2, 8, &levels(), 3, &Device::Cpu).expect("network");
    let labels = Labels {
        failure: vec![1.0],
        severity: vec![0.7],
        weight: vec![1.5],
        choices: BTreeMap::from([("level".to_owned(), vec![Some(1)])]),
    };
    let at = |x: f32| -> (f32, f32) {
        let pooled = mlp.pooled(vec![x, -0.4], 2).expect("variable");
        let loss = loss(&mlp.forward(&pooled).expect("logits"), &labels).expect("loss");
        let gradients = loss.backward().expect("gradients");
        let gradient: Vec<Vec<f32>> = gradients
            .get(&pooled)
            .expect("gradient")
            .to_vec2()
            .expect("values");
        (loss.to_scalar().expect("loss"), gradient[0][0])
    };
    let slope = (at(0.51).0 - at(0.49).0) / 0.02;
    assert!((slope - at(0.5).1).abs() < 1e-3, "{slope} {}", at(0.5).1);
}
