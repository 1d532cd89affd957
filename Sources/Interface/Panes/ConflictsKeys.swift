// What the keys of the Conflicts pane do, and when they cannot.
import Domain
import Terminal

extension ConflictsPane {
  static let bindings: [Binding<ConflictsPane>] = {
    let onRow: @Sendable (ConflictsPane, World) -> String? = { pane, _ in
      pane.selected == nil ? "There is no conflict here." : nil
    }
    let choosing: @Sendable (ConflictsPane, World) -> String? = { pane, _ in
      if pane.isApplying { return "The choices before this are being kept." }
      return pane.selected == nil ? "There is no conflict here." : nil
    }
    let withStaged: @Sendable (ConflictsPane, World) -> String? = { pane, _ in
      if pane.isApplying { return "The choices are being kept." }
      return pane.staged.isEmpty ? "Nothing is chosen yet: h, l, b or e chooses." : nil
    }
    return [
      Binding(
        [.character("h"), .left], .takeBuildium, "Buildium",
        "Takes what Buildium holds, for the row or all marked.", writes: true,
        disabledReason: choosing),
      Binding(
        [.character("l"), .right], .takeAirtable, "Airtable",
        "Takes what Airtable holds, for the row or all marked.", writes: true,
        disabledReason: choosing),
      Binding(
        [.character("b")], .takeBase, "base", "Takes what both last agreed on.", writes: true,
        disabledReason: choosing),
      Binding(
        [.character("e")], .editValue, "edit", "Takes a value that you type.", writes: true,
        disabledReason: choosing),
      Binding(
        [.character("s")], .skip, "skip", "Leaves the conflict and goes to the next.",
        footer: false, disabledReason: onRow),
      Binding(
        [.character(".")], .chooseSimilar, "similar",
        "Offers the last choice for all conflicts like it.", writes: true
      ) { pane, _ in pane.last == nil ? "Choose one first: h, l or b." : nil },
      Binding(
        [.character("p")], .previewChoices, "preview",
        "Shows what would be written where; nothing happens yet.", disabledReason: withStaged),
      Binding(
        [.enter], .applyChoices, "apply", "Keeps all choices together, to be sent next.",
        writes: true, disabledReason: withStaged),
      Binding(
        [.character("u")], .undo, "undo",
        "Takes back the last step, or what was not sent yet.", writes: true
      ) { pane, world in
        if pane.isApplying { return "The choices are being kept." }
        guard pane.steps.isEmpty, world.undoable.undo == nil else { return nil }
        return world.undoable.reason ?? "Nothing was done that could be undone."
      },
      Binding(
        [.character(" ")], .mark, "mark", "Marks the row, or takes the mark away.",
        footer: false, disabledReason: onRow),
      Binding(
        [.character("*")], .markAll, "all", "Marks all shown that wait for a choice.",
        disabledReason: onRow),
      Binding(
        [.character("v")], .markRange, "range",
        "Begins a range of rows, and marks it when pressed again.", footer: false,
        disabledReason: onRow),
      Binding(
        [.character("!")], .markOthers, "invert", "Marks what is not marked, and the reverse.",
        footer: false, disabledReason: onRow),
      Binding(
        [.character("/")], .filter, "filter",
        "Shows only: oak field:rent prop:pier amount>500 -word.",
        footer: false),
      Binding(
        [.character("o")], .sort, "order", "Orders by age, record, field or rule.",
        footer: false),
      Binding([.character("O")], .reverse, "reverse", "Turns the order round.", footer: false),
      Binding(
        [.character("a")], .showAllFields, "all fields",
        "Shows all fields of the record, or only those that differ.", footer: false,
        disabledReason: onRow),
      Binding(
        [.character("i")], .showHistory, "journal", "Shows what was decided about the record.",
        footer: false, disabledReason: onRow),
      Binding(
        [.character("t")], .showStatistics, "statistics", "Shows how conflicts were settled.",
        footer: false),
      Binding(
        [.character("R")], .showRules, "rules", "Lists the rules, to switch them on and off.",
        footer: false, writes: true),
      Binding(
        [.character("y")], .copy, "copy", "Copies the conflict.", footer: false,
        disabledReason: onRow),
      Binding(
        [.escape, .backspace], .back, "back", "Takes away the range, the filter, the marks.",
        footer: false),
    ] + Binding.movement
  }()
}

extension Action {
  static let takeBuildium = Action("take-buildium")
  static let takeAirtable = Action("take-airtable")
  static let takeBase = Action("take-base")
  static let editValue = Action("edit-value")
  static let skip = Action("skip")
  static let chooseSimilar = Action("choose-similar")
  static let acceptSimilar = Action("accept-similar")
  static let previewChoices = Action("preview-choices")
  static let applyChoices = Action("apply-choices")
  static let showAllFields = Action("all-fields")
  static let showStatistics = Action("statistics")
  static let saveRule = Action("save-as-rule")
  static let showRules = Action("rules")
}
