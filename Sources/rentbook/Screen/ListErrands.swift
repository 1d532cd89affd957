// What the screen asks about lists and records.
import Domain
import Interface

extension ScreenRunner {
  /// Carries out an effect about lists and records.
  func carryOutList(_ effect: Effect) {
    switch effect {
    case .loadList(_, let ticket), .loadRecord(_, let ticket), .searchRecords(_, _, let ticket):
      post(.unanswered(ticket, "Lists cannot be read yet.", hint: ""))
    default: break
    }
  }

  /// Carries out an effect about the screen's own settings.
  func carryOutSetting(_ effect: Effect) {}
}
