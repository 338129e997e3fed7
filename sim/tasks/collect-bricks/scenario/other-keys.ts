/** What `scenario new` shows of what else a scenario of this task can say. */
export const OTHER_KEYS = `
# ---------------------------------------------------------------------------------------------------------------
# What else can be said; take the # away to use it. Your editor completes all of it from the schema above.
#
# A quantity is a number or a distribution, drawn anew for each episode:
#   0.3    { uniform: [0.1, 0.4] }    { normal: { mean: 0.3, deviation: 0.1, min: 0, max: 1 } }    { choice: [0.1, 0.3] }
# A count is a whole number, { integer: [2, 5] } or { choice: [1, 5] }.
# Metres; the walls' inner faces stand at x, z = -8 and 8, the box stands near (-6, -6).
#
# loader:
#   where:                                   # at most one of at, near_wall, near_corner, against_box
#     near_corner: { corners: [-x+z, +x+z], distance_m: 1.6 }    # they take turns; each: all four; any: drawn
#     from_box_m: { min: 3 }                 # and bounds: from_walls_m, from_box_m
#   heading: { toward: corner, within_deg: 15 }          # any, { deg: 90 }, or toward box, wall, corner, middle
#   lift_m: 0.5
#   tilt_rad: 0.4
# bricks:                                    # one entry a group
#   - count: { integer: [5, 7] }
#     where:                                 # at most one of at, near_wall, near_corner, near_box, in_bucket
#       near_wall: { walls: [-x, +z], distance_m: { uniform: [0.6, 1] }, from_other_walls_m: 1 }
#       from_loader_m: { min: 2, max: 15 }   # and bounds: from_walls_m, from_box_m, from_loader_m, bearing_deg
#       bearing_deg: { min: 120 }            # off the heading, either side
#     pile: { radius_m: 0.8 }                # where is then the middle of the pile
#     spacing_m: 0.05
#     yaw_deg: 0
#     size: { length_m: 0.4, height_m: 0.15, width_m: 0.2 }
#     colors: ["#c91a09", "#0055bf"]
# physics: { brick_friction: 0.7, floor_friction: 0.9, bucket_friction: 0.12, brick_density_kgpm3: 100, traction: 1 }
# events:                                    # when: time_s or carrying_s; do: shake_bucket, kick_loader, push_brick
#   - when: { carrying_s: 1 }
#     do: { shake_bucket: { speed_mps: 3.7, sideways: 0.3 } }
#     chance: 0.5
# visual:
#   tint: { red: 1, green: 0.9, blue: 0.8 }
#   ambient: 0.55
#   sun_intensity: 0.6
#   camera: { pitch_deg: { uniform: [-3, 3] } }
`;
