//! Reading the data files, which are YAML: each line says why it is there.

use super::Error;
use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Reads a data file into its type.
///
/// # Errors
/// The text is wrong.
pub(crate) fn data<T: DeserializeOwned>(name: &str, text: &str) -> Result<T, Error> {
    let fail = |message: String| Error::Data {
        name: name.to_owned(),
        message,
    };
    let documents = Yaml::load_from_str(text).map_err(|e| fail(e.to_string()))?;
    let [document] = documents.as_slice() else {
        return Err(fail("it is not one document".into()));
    };
    let value = json(document).map_err(fail)?;
    serde_json::from_value(value).map_err(|e| fail(e.to_string()))
}

fn json(yaml: &Yaml<'_>) -> Result<Value, String> {
    Ok(match yaml {
        Yaml::Value(Scalar::Null) => Value::Null,
        Yaml::Value(Scalar::Boolean(value)) => Value::Bool(*value),
        Yaml::Value(Scalar::Integer(value)) => Value::from(*value),
        Yaml::Value(Scalar::FloatingPoint(value)) => Value::from(**value),
        Yaml::Value(Scalar::String(text)) => Value::from(text.as_ref()),
        Yaml::Sequence(items) => items.iter().map(json).collect::<Result<_, _>>()?,
        Yaml::Mapping(entries) => {
            let mut map = Map::new();
            for (key, value) in entries {
                let key = key.as_str().ok_or("a key is not a text")?;
                if map.insert(key.to_owned(), json(value)?).is_some() {
                    return Err(format!("`{key}` stands there twice"));
                }
            }
            Value::Object(map)
        }
        other => return Err(format!("it has a value of another kind: {other:?}")),
    })
}
