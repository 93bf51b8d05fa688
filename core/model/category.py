"""What kind of work a task is."""

import enum


class Category(enum.Enum):
    """What kind of work a task is; decides whether it may run without asking."""

    PERFORMANCE = "Performance optimization"
    FEATURE = "New features"
    BUG = "Bug fixes"
    RESEARCH = "Research/analysis"
    DOCUMENTATION = "Documentation"
    INFRASTRUCTURE = "Infrastructure"
    TESTS = "Test coverage"
    REFACTORING = "Code refactoring"
    EXTERNAL = "External actions"
    CONFIG = "Config changes"
    API = "API integrations"
    USER_FACING = "User-facing changes"
    OTHER = "Other"
