use super::*;

fn tensor(rows: &[[f32; 2]; 2]) -> Tensor {
    Tensor::new(rows, &Device::Cpu).expect("tensor")
}

#[test]
fn the_loss_by_hand() {
    let labels = Labels {
        failure: vec![1.0, 0.0],
        severity: vec![0.5, 0.9],
        weight: vec![2.0, 1.0],
    };
    let loss = loss(&tensor(&[[1.0, 2.0], [-1.0, 7.0]]), &labels)
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
fn the_loss_of_huge_logits_is_finite() {
    let labels = Labels {
        failure: vec![1.0, 0.0],
        severity: vec![1.0, 0.0],
        weight: vec![1.0, 1.0],
    };
    let loss = loss(&tensor(&[[-1e4, 1e4], [1e4, -1e4]]), &labels)
        .and_then(|loss| loss.to_scalar::<f32>())
        .expect("loss");
    assert!(loss.is_finite() && loss > 1e3);
}

/// Some operations of candle have no gradient and say nothing.
#[test]
fn every_variable_gets_a_gradient() {
    let mlp = Mlp::new(4, 8, 7).expect("network");
    let pooled =
        pooled_variable(vec![0.3, -0.2, 0.9, 0.4, -0.7, 0.1, 0.2, 0.8], 4).expect("variable");
    let labels = Labels {
        failure: vec![1.0, 0.0],
        severity: vec![0.7, 0.0],
        weight: vec![1.0, 1.0],
    };
    let gradients = loss(&mlp.forward(&pooled).expect("logits"), &labels)
        .expect("loss")
        .backward()
        .expect("gradients");
    assert_eq!(mlp.variables().len(), 2 + 2 * HEADS.len());
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
    let mlp = Mlp::new(2, 8, 3).expect("network");
    let labels = Labels {
        failure: vec![1.0],
        severity: vec![0.7],
        weight: vec![1.5],
    };
    let at = |x: f32| -> (f32, f32) {
        let pooled = pooled_variable(vec![x, -0.4], 2).expect("variable");
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
