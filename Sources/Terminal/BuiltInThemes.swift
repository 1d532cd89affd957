/// The files of `themes/`, for a machine that has only the program. A test compares the two.
enum BuiltInThemes {
  static let texts: [(name: String, text: String)] = [
    (
      "dark",
      #"""
      # For dark backgrounds. Blue and orange carry the states, not red and green alone.
      terminal = dark

      text           = default          default
      dim            = #a8aec0/white    default
      heading        = #8ab4f8/bright-blue default bold
      brand          = #ffd580/bright-yellow default bold
      tab            = #ffffff/bright-white default bold underline
      selected       = #ffffff/bright-white #26437a/blue
      marked         = #ffd580/bright-yellow default bold
      ok             = #7fd1c0/bright-cyan default
      progress       = #8ab4f8/bright-blue default
      warning        = #ffb86b/bright-yellow default bold
      error          = #ff9d8a/bright-red default bold
      money-negative = #ff9d8a/bright-red default
      key            = #ffd580/bright-yellow default bold
      rule           = #8d93a6/white    default
      field          = #ffffff/bright-white #3a3f4f/black underline
      choice         = #10141f/black    #ffd580/white bold

      """#
    ),
    (
      "light",
      #"""
      # For light backgrounds.
      terminal = light

      text           = default          default
      dim            = #555b6b/black    default
      heading        = #174a9c/blue     default bold
      brand          = #7a3e00/magenta  default bold
      tab            = #000000/black    default bold underline
      selected       = #000000/black    #c9dbf9/cyan
      marked         = #7a3e00/magenta  default bold
      ok             = #005f56/blue     default
      progress       = #174a9c/blue     default
      warning        = #7d3a00/magenta  default bold
      error          = #9c1c0c/red      default bold
      money-negative = #9c1c0c/red      default
      key            = #7a3e00/magenta  default bold
      rule           = #6a6f7d/black    default
      field          = #000000/black    #e4e4e4/white underline
      choice         = #ffffff/bright-white #174a9c/blue bold

      """#
    ),
    (
      "high-contrast",
      #"""
      # Black and white with a few strong colours, on its own background.
      terminal = any

      text           = #ffffff/bright-white #000000/black
      dim            = #e0e0e0/white    #000000/black
      heading        = #ffffff/bright-white #000000/black bold underline
      brand          = #ffff00/bright-yellow #000000/black bold
      tab            = #000000/black    #ffff00/yellow bold
      selected       = #000000/black    #ffffff/white bold
      marked         = #ffff00/bright-yellow #000000/black bold underline
      ok             = #00ffff/bright-cyan #000000/black
      progress       = #ffffff/bright-white #000000/black bold
      warning        = #ffff00/bright-yellow #000000/black bold
      error          = #ffafaf/bright-red #000000/black bold reverse
      money-negative = #ffafaf/bright-red #000000/black bold
      key            = #ffff00/bright-yellow #000000/black bold
      rule           = #ffffff/bright-white #000000/black
      field          = #ffffff/bright-white #000000/black underline
      choice         = #000000/black    #ffff00/yellow bold

      """#
    ),
    (
      "mono",
      #"""
      # No colours: weight, lines and reversal only.
      terminal = any

      text           = default default
      dim            = default default
      heading        = default default bold
      brand          = default default bold
      tab            = default default bold underline
      selected       = default default reverse
      marked         = default default bold underline
      ok             = default default
      progress       = default default
      warning        = default default bold
      error          = default default bold
      money-negative = default default
      key            = default default bold
      rule           = default default
      field          = default default underline
      choice         = default default reverse bold

      """#
    ),
  ]
}
