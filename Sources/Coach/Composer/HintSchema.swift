/// The form of a hint as the model gives it: one for all tiers, since each is compiled on its first use.
///
/// Members are written in the order of their names, so that the model settles on lines before it writes the text. All are
/// required, or those that are would come first. No bounds on lengths and numbers: not every mode of output takes them, and
/// `HintValidator` checks them anyway.
public enum HintSchema {
    public static let schema: JSONValue = [
        "type": "object",
        "properties": [
            "anchor_end_line": [
                "type": "integer", "description": "The last line, not before the first; 0 for no place.",
            ],
            "anchor_path": ["type": "string", "description": "The file name as shown; empty for no place."],
            "anchor_start_line": [
                "type": "integer", "description": "The first line, by its number as shown; 0 for no place.",
            ],
            "text": ["type": "string", "description": "The hint, plain text, at most 60 words, no code."],
            "tier": ["type": "integer", "enum": [1, 2], "description": "The tier asked for."],
        ],
        "required": ["anchor_end_line", "anchor_path", "anchor_start_line", "text", "tier"],
        "additionalProperties": false,
    ]
}
