/// The form of a hint as the model gives it.
enum HintSchema {
    /// No bounds on lengths and numbers: not every mode of output takes them, and `HintValidator` checks them anyway.
    static func schema(tier: Int) -> JSONValue {
        [
            "type": "object",
            "properties": [
                "tier": ["type": "integer", "enum": [.integer(tier)], "description": "The tier asked for."],
                "text": ["type": "string", "description": "The hint, plain text, at most 60 words, no code block."],
                "anchor_path": ["type": "string", "description": "The file name as shown."],
                "anchor_start_line": ["type": "integer", "description": "The first line, by its number as shown."],
                "anchor_end_line": ["type": "integer", "description": "The last line, not before the first."],
            ],
            "required": ["tier", "text"],
            "additionalProperties": false,
        ]
    }
}
