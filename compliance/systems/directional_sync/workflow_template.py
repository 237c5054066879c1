"""The text of the workflow. A line `@name` stands for lines, and `@{name}` for a value, of `workflow_rendering.py`.

Actions are pinned by commit: a tag can be moved to other code, which would then run with the right to write here.
"""

from __future__ import annotations

TEMPLATE = """\
# Written by `compliance sync workflow` from sync.yaml: change that and write this again. `--check` finds a difference.
name: Directional Sync Automation

on:
  @schedule
  workflow_dispatch:
    inputs:
      direction:
        description: Only targets of this direction; empty for all
        type: choice
        options: ["", pull, push, bidirectional]
        default: ""
      target:
        description: Name or pattern of targets, such as oca_*; empty for all
        type: string
        default: ""
      dry_run:
        description: Preview changes without making them
        type: boolean
        default: false
      verify:
        description: Verify outputs where nothing changed, too
        type: boolean
        default: false

permissions: {}

# One at a time. Without a queue a third start would cancel the one that waits, and its targets would not run.
concurrency:
  group: directional-sync
  cancel-in-progress: false
  queue: max

defaults:
  run:
    shell: bash

jobs:
  sync:
    name: Sync
    runs-on: ubuntu-24.04
    timeout-minutes: @{minutes}
    permissions:
      contents: write # commits what is pulled, and the state of what is pushed
    steps:
      - name: Check out
        uses: actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd # v6.0.2
        with:
          @branch
          persist-credentials: false

      - name: Install the runner
        env:
          REQUIREMENTS: @{requirements}
        run: |
          python3 -m venv "$RUNNER_TEMP/runner"
          "$RUNNER_TEMP/runner/bin/python" -m pip install --quiet --disable-pip-version-check -r "$REQUIREMENTS"
          git config user.name 'github-actions[bot]'
          git config user.email '41898282+github-actions[bot]@users.noreply.github.com'

      # What the other sides have confirmed, and the history of the runs. A first run has none; any other reason to have
      # none is an error.
      - name: Fetch the recorded state
        env:
          @credentials
        timeout-minutes: 5
        run: |
          code=0
          git ls-remote --exit-code origin 'refs/directional-sync/*' || code=$?
          if [[ "$code" == 0 ]]; then
            git fetch --no-tags origin '+refs/directional-sync/*:refs/directional-sync/*'
          elif [[ "$code" != 2 ]]; then
            echo "::error::the recorded state could not be asked for"
            exit "$code"
          fi

      - name: Run
        id: sync
        env:
          CONFIG: @{config}
          EVENT: ${{ github.event_name }}
          SCHEDULE: ${{ github.event.schedule }}
          DIRECTION: ${{ inputs.direction }}
          TARGET: ${{ inputs.target }}
          DRY_RUN: ${{ inputs.dry_run }}
          VERIFY: ${{ inputs.verify }}
          @secrets
        run: |
          arguments=(--ci "--config=$CONFIG" "--summary-json=$RUNNER_TEMP/summary.json")
          if [[ "$EVENT" == schedule ]]; then
            targets=()
            case "$SCHEDULE" in
              @cases
              *) echo "::error::no target has the schedule '$SCHEDULE'"; exit 2 ;;
            esac
            for target in "${targets[@]}"; do arguments+=("--target=$target"); done
          else
            if [[ -n "$TARGET" ]]; then arguments+=("--target=$TARGET"); fi
            if [[ -n "$DIRECTION" ]]; then arguments+=("--direction=$DIRECTION"); fi
            if [[ "$DRY_RUN" == true ]]; then arguments+=(--dry-run); fi
            if [[ "$VERIFY" == true ]]; then arguments+=(--verify); fi
          fi
          "$RUNNER_TEMP/runner/bin/sync-directional" "${arguments[@]}"

      # Also after a target failed: what others have committed stays theirs.
      - name: Push
        id: push
        if: ${{ always() && steps.sync.outcome != 'skipped' && !inputs.dry_run }}
        env:
          @credentials
        timeout-minutes: 10
        run: |
          branch=$(git symbolic-ref --short HEAD)
          for attempt in 1 2 3 4 5; do
            if git push origin "HEAD:refs/heads/$branch"; then break; fi
            if [[ "$attempt" == 5 ]]; then echo "::error::$branch could not be pushed"; exit 1; fi
            sleep "$((attempt * 5))"
            git fetch --no-tags origin "refs/heads/$branch" || continue
            if ! git rebase --autostash FETCH_HEAD; then
              git rebase --abort
              echo "::error::what was synced meets a change of $branch in the same place; run it again"
              exit 1
            fi
          done

      # Only once the commits are there that it speaks of.
      - name: Push the recorded state
        if: ${{ always() && steps.push.outcome == 'success' }}
        env:
          @credentials
        timeout-minutes: 5
        run: |
          if [[ -z "$(git for-each-ref refs/directional-sync)" ]]; then exit 0; fi
          for attempt in 1 2 3; do
            if git push origin 'refs/directional-sync/*:refs/directional-sync/*'; then break; fi
            if [[ "$attempt" == 3 ]]; then echo "::error::the recorded state could not be pushed"; exit 1; fi
            sleep "$((attempt * 5))"
          done

      - name: Show the summary
        if: ${{ always() && steps.sync.outcome != 'skipped' }}
        run: |
          { echo '## Directional sync'; echo; sed 's/^/    /' "$RUNNER_TEMP/summary.json"; } >> "$GITHUB_STEP_SUMMARY"

      - name: Keep the summary
        if: ${{ always() && steps.sync.outcome != 'skipped' }}
        uses: actions/upload-artifact@043fb46d1a93c77aae656e7c1c64a875d1fc6a0a # v7.0.1
        with:
          name: directional-sync-summary
          path: ${{ runner.temp }}/summary.json
          if-no-files-found: error
          retention-days: 30
"""
